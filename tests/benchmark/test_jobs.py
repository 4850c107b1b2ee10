"""The jobs of a benchmark and their configs."""
import copy
from pathlib import Path

import mmaction
import pytest
from mmengine.config import Config

from hico_mm.benchmark.jobs import (
    Job,
    check_supervised,
    is_supervised,
    job_config,
    load_configs,
    pretraining_job,
    split_options,
    task_jobs,
)
from hico_mm.utils import load_config
from hico_mm.utils.tasks import make_task_config

STOCK = (Path(mmaction.__file__).parent /
         '.mim/configs/skeleton/stgcn/stgcn_8xb16-joint-u100-80e_ntu60-xsub-keypoint-3d.py')


@pytest.fixture(scope='module')
def demo():
    return load_config('hico_demo')


@pytest.mark.parametrize('job, folder', [
    (Job('c', 2, 'pretrain'), 'c/seed_2/pretrain'),
    (Job('c', 0, 'linear', 'untrained'), 'c/seed_0/linear_untrained'),
    (Job('c', 0, 'semi', 'untrained', 0.01, 3), 'c/seed_0/semi_0.01_draw3_untrained'),
    (Job('c', 2, 'supervised', 'supervised'), 'c/seed_2/supervised'),
])
def test_folder(job, folder):
    assert job.folder == Path(folder)


@pytest.mark.parametrize('name, pretraining', [
    ('hico_ntu60', 'hico_ntu60'), ('hico_ntu60_to_pku2', 'hico_ntu60'),
    ('hico_uiprmd_to_utd_mhad', 'hico_uiprmd_to_utd_mhad')])
def test_transfer_shares_the_pretraining_of_its_source(name, pretraining):
    assert pretraining_job(load_config(name), 1) == Job(pretraining, 1, 'pretrain')


def test_jobs_of_the_tasks():
    names = [job.name for job in task_jobs('c', 0, ['knn', 'semi'], [0.1, 0.5], 2)]
    assert names == [
        'knn', 'knn_untrained', 'semi_0.1_draw0', 'semi_0.1_draw0_untrained', 'semi_0.1_draw1',
        'semi_0.1_draw1_untrained', 'semi_0.5_draw0', 'semi_0.5_draw0_untrained', 'semi_0.5_draw1',
        'semi_0.5_draw1_untrained']
    assert [job.name for job in task_jobs('c', 0, ['linear'], [0.1], 2, ['pretrained'])] == ['linear']
    assert task_jobs('c', 2, ['supervised'], [0.1], 5) == [Job('c', 2, 'supervised', 'supervised')]


def test_config_of_a_semi_supervised_job(demo):
    task = make_task_config(demo, 'semi')
    before = copy.deepcopy(task.to_dict())
    config = job_config(Job('hico_demo', 3, 'semi', labels=0.25, draw=4), task, Path('out'), 'a.pth')
    drawn = config.train_dataloader.dataset.dataset
    assert (drawn.type, drawn.fraction, drawn.seed) == ('LabelFraction', 0.25, 4)
    assert (config.load_from, config.randomness.seed) == ('a.pth', 3)
    assert config.work_dir == 'out/hico_demo/seed_3/semi_0.25_draw4'
    assert task.to_dict() == before


@pytest.mark.parametrize('task, expected', [
    ('pretrain', 'earlier.pth'), ('supervised', 'earlier.pth'), ('knn', None), ('linear', None)])
def test_only_a_training_of_the_config_itself_starts_from_its_weights(demo, task, expected):
    cfg = copy.deepcopy(demo)
    cfg.merge_from_dict({'load_from': 'earlier.pth', 'resume': True, 'train_dataloader.num_workers': 0})
    config = job_config(Job('c', 0, task), cfg, Path('out'))
    assert (config.load_from, config.resume) == (expected, False)
    assert config.train_dataloader.persistent_workers is False, 'torch wants it without workers'
    assert config.model == cfg.model and config.train_cfg == cfg.train_cfg


@pytest.mark.parametrize('path, expected', [
    (str(STOCK), True), ('supervised_stgcn_ntu60', True), ('supervised_hico_ntu60', True),
    ('hico_demo', False), ('skeletonclr_demo', False)], ids=lambda x: Path(x).stem if x is str else None)
def test_which_configs_train_with_labels(path, expected):
    cfg = load_config(path)
    assert is_supervised(cfg) == expected
    if expected:
        check_supervised(cfg)


@pytest.mark.parametrize('changes, message', [
    (dict(val_dataloader=None, val_cfg=None), r"lacks \['val_dataloader', 'val_cfg'\], without which"),
    (dict(train_cfg=dict(by_epoch=False, max_iters=9)), "train_cfg={'by_epoch': False.*Train by epochs"),
    (dict(val_evaluator=[dict(type='ConfusionMatrix')]), r"by \['ConfusionMatrix'\], which do not give"),
])
def test_refuses_what_has_no_accuracy_of_the_last_epoch(changes, message):
    cfg = {**load_config('supervised_stgcn_demo').to_dict(), **changes}
    with pytest.raises(ValueError, match=message):
        check_supervised(Config(cfg))


def test_options_are_those_of_the_configs_and_of_the_tasks():
    options = {'train_cfg.max_epochs': 3, 'tasks.linear.train_cfg.max_epochs': 2, 'load_from': 'a.pth'}
    assert split_options(options) == (
        {'train_cfg.max_epochs': 3, 'load_from': 'a.pth'},
        dict(linear={'train_cfg.max_epochs': 2}, semi={}, finetune={}))


@pytest.mark.parametrize('option', ['tasks.nap.train_cfg.max_epochs', 'tasks.linear', 'tasks'])
def test_options_of_no_task_are_refused(option):
    with pytest.raises(ValueError, match=rf"--cfg-options {option} names no task .*'linear', "):
        split_options({option: 1})


def test_configs_need_different_names(tmp_path):
    (tmp_path / 'a.py').write_text('x = 1')
    path = str(tmp_path / 'a.py')
    assert load_configs([path], dict(x=2))['a'].x == 2
    with pytest.raises(ValueError, match="there is another config 'a'. Rename one of them"):
        load_configs([path, path])
