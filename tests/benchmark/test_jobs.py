"""The jobs of a benchmark and their configs."""
import copy
from pathlib import Path

import mmaction
import pytest

from hico_mm.benchmark.benchmark import Benchmark
from hico_mm.benchmark.jobs import (
    Job,
    check_job,
    is_supervised,
    job_config,
    load_configs,
    pretraining_job,
    read_variants,
    split_options,
)
from hico_mm.utils import load_config
from hico_mm.utils.tasks import make_task_config

STOCK = (Path(mmaction.__file__).parent /
         '.mim/configs/skeleton/stgcn/stgcn_8xb16-joint-u100-80e_ntu60-xsub-keypoint-3d.py')


@pytest.fixture(scope='module')
def demo():
    return load_config('hico_demo')


@pytest.mark.parametrize('name, pretraining', [
    ('hico_ntu60', 'hico_ntu60'), ('hico_ntu60_to_pku2', 'hico_ntu60'),
    ('crossclr_ntu60_joint', 'crossclr_ntu60'),
    ('hico_uiprmd_to_utd_mhad', 'hico_uiprmd_to_utd_mhad')])
def test_transfer_shares_the_pretraining_of_its_source(name, pretraining):
    assert pretraining_job(load_config(name), 1) == Job(pretraining, 1, 'pretrain')


def test_jobs_and_their_folders(demo, tmp_path):
    cfgs = dict(hico_demo=demo, c=load_config('supervised_stgcn_demo'))
    benchmark = Benchmark(cfgs, tmp_path, ['knn', 'semi'], [0.1, 0.5], seeds=2, draws=2)
    names = ('pretrain', 'knn', 'knn_untrained', *(
        f'semi_{fraction}_draw{draw}{encoder}'
        for fraction in (0.1, 0.5) for draw in (0, 1) for encoder in ('', '_untrained')))
    assert [str(job.folder) for job in benchmark._jobs()] == [
        folder for seed in (0, 1) for folder in (
            *(f'hico_demo/seed_{seed}/{name}' for name in names), f'c/seed_{seed}/supervised')]
    benchmark = Benchmark(cfgs, tmp_path, ['linear'], encoders=['pretrained'], checkpoints=['a.pth'])
    assert [*benchmark._jobs()] == [
        Job('hico_demo', 0, 'linear'), Job('c', 0, 'supervised', 'supervised')]


def test_config_of_a_semi_supervised_job(demo):
    task = make_task_config(demo, 'semi')
    before = copy.deepcopy(task.to_dict())
    config = job_config(Job('hico_demo', 3, 'semi', labels=0.25, draw=4), task, Path('out'), 'a.pth')
    drawn = config.train_dataloader.dataset.dataset
    assert (drawn.type, drawn.fraction, drawn.seed) == ('LabelFraction', 0.25, 4)
    assert (config.load_from, config.randomness.seed) == ('a.pth', 3)
    assert config.work_dir == 'out/hico_demo/seed_3/semi_0.25_draw4'
    assert task.to_dict() == before


def test_labels_from_one_on_are_a_number_per_class(demo):
    config = job_config(Job('c', 0, 'semi', labels=5.0), make_task_config(demo, 'semi'), Path('out'))
    drawn = config.train_dataloader.dataset.dataset
    assert (drawn.fraction, drawn.per_class) == (None, 5) and config.work_dir.endswith('semi_5_draw0')


def test_each_config_on_each_data_set():
    cfgs = load_configs(['hico_four_sets', 'skeletonclr_four_sets'], evaluate=['kard', 'uiprmd'])
    assert list(cfgs) == [f'{name}_four_sets@{data}' for name in ('hico', 'skeletonclr')
                          for data in ('kard', 'uiprmd')]
    assert {pretraining_job(cfg, 0).config for cfg in cfgs.values()} == {
        'hico_four_sets', 'skeletonclr_four_sets'}
    assert list(load_configs(['hico_four_sets'], evaluate=[])) == [
        f'hico_four_sets@{data}' for data in ('utd_mhad', 'kard', 'utkinect', 'uiprmd')]
    with pytest.raises(ValueError, match='its entry evaluate_on names'):
        load_configs(['hico_demo'], evaluate=[])


def test_each_config_by_each_variant(tmp_path):
    (tmp_path / 'v.py').write_text("variants = dict(a={}, b={'model.momentum': 0.5})")
    options = {'model.queue.length': 8, 'model.momentum': 0.7}
    cfgs = load_configs(
        ['hico_four_sets'], options, ['kard', 'uiprmd'], read_variants(str(tmp_path / 'v.py')))
    assert {name: (cfg.model.momentum, cfg.model.queue.length, pretraining_job(cfg, 0).config)
            for name, cfg in cfgs.items()} == {
        f'hico_four_sets-{variant}@{data}': (momentum, 8, f'hico_four_sets-{variant}')
        for variant, momentum in (('a', 0.7), ('b', 0.5)) for data in ('kard', 'uiprmd')}
    assert make_task_config(cfgs['hico_four_sets-b@kard'], 'linear').load_from == (
        'work_dirs/hico_four_sets-b/epoch_300.pth')


@pytest.mark.parametrize('text', ['a = 1', 'variants = dict(a=1)', 'variants = {}', 'variants = ["a"]',
                                  'variants = {"a/b": {}}'])
def test_a_file_without_variants_is_refused(tmp_path, text):
    (tmp_path / 'v.py').write_text(text)
    with pytest.raises(ValueError, match='v.py: expected variants = '):
        read_variants(str(tmp_path / 'v.py'))


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
    check_job(Job('c', 0, 'supervised' if expected else 'pretrain'), cfg)


def test_options_are_those_of_the_configs_and_of_the_tasks():
    options = {'train_cfg.max_epochs': 3, 'tasks.linear.train_cfg.max_epochs': 2, 'load_from': 'a.pth'}
    assert split_options(options) == (
        {'train_cfg.max_epochs': 3, 'load_from': 'a.pth'},
        dict(linear={'train_cfg.max_epochs': 2}, semi={}, finetune={}))
    for option in ('tasks.nap.train_cfg.max_epochs', 'tasks.linear', 'tasks'):
        with pytest.raises(ValueError, match=rf"--cfg-options {option} names no task .*'linear', "):
            split_options({option: 1})


def test_configs_need_different_names(tmp_path):
    (tmp_path / 'a.py').write_text('resume = 1')
    path = str(tmp_path / 'a.py')
    assert load_configs([path], dict(resume=2))['a'].resume == 2
    with pytest.raises(ValueError, match="there is another config or data set 'a'. Name each once"):
        load_configs([path, path])
