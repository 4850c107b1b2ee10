"""Configs that train with labels, in a benchmark."""
import copy
import shutil
from pathlib import Path

import mmaction
import pytest
import torch
from mmengine.config import Config

from hico_mm.benchmark.run_log import EvaluationsHook
from hico_mm.benchmark.steps import Step, step_config, task_steps
from hico_mm.benchmark.supervised import check_supervised, is_supervised
from hico_mm.utils import load_checkpoint_file

CONFIGS = Path(__file__).parents[2] / 'configs'
STOCK = (Path(mmaction.__file__).parent /
         '.mim/configs/skeleton/stgcn/stgcn_8xb16-joint-u100-80e_ntu60-xsub-keypoint-3d.py')
NAME = 'supervised_hico_demo'


@pytest.fixture(scope='module')
def cfg():
    return Config.fromfile(CONFIGS / f'{NAME}.py')


@pytest.mark.parametrize('path, expected', [
    (STOCK, True), *((path, path.stem.startswith('supervised_')) for path in (
        CONFIGS / f'{name}.py' for name in (NAME, 'supervised_stgcn_ntu60', 'hico_demo',
                                            'skeletonclr_demo')))], ids=lambda x: getattr(x, 'stem', x))
def test_which_configs_these_are(path, expected):
    cfg = Config.fromfile(path)
    assert is_supervised(cfg) == expected
    if expected:
        check_supervised(cfg)


def test_the_one_step():
    step, = task_steps('c', 2, ['supervised'], [0.1], 5)
    assert step == Step('c', 2, 'supervised', 'supervised')
    assert (str(step.folder), step.metric) == ('c/seed_2/supervised', 'acc/top1')


@pytest.mark.parametrize('load_from', [None, 'earlier.pth'])
def test_its_config_is_the_config(cfg, load_from):
    cfg = copy.deepcopy(cfg)
    cfg.load_from = load_from
    config = step_config(Step(NAME, 3, 'supervised', 'supervised'), cfg, Path('out'))
    assert (config.randomness.seed, config.load_from, config.work_dir) == (
        3, load_from, f'out/{NAME}/seed_3/supervised')
    for key in ('model', 'train_dataloader', 'val_dataloader', 'train_cfg', 'optim_wrapper'):
        assert config[key] == cfg[key]


@pytest.mark.parametrize('changes, message', [
    (dict(val_dataloader=None, val_cfg=None), r"lacks \['val_dataloader', 'val_cfg'\], without which"),
    (dict(train_cfg=dict(by_epoch=False, max_iters=9)), "train_cfg={'by_epoch': False.*Train by epochs"),
    (dict(val_evaluator=[dict(type='ConfusionMatrix')]), r"by \['ConfusionMatrix'\], which do not give"),
])
def test_refuses_what_has_no_accuracy_of_the_last_epoch(cfg, changes, message):
    cfg = copy.deepcopy(cfg)
    for key, value in changes.items():
        cfg[key] = value
    with pytest.raises(ValueError, match=message):
        check_supervised(cfg)


def test_beside_a_pretraining_killed_and_run_again(small, runs, monkeypatch):
    arguments = dict(names=f'hico_demo {NAME}', tasks=['knn'], untrained=False)
    options = {'default_hooks.checkpoint.interval': 1}
    *_, whole = small(out='whole', options=options, **arguments).run({})
    assert (whole['config'], whole['task'], whole['encoder'], whole['metric'], whole['last_epoch']) == (
        NAME, 'supervised', 'supervised', 'acc/top1', 2)

    record = EvaluationsHook.after_val_epoch

    def killed(hook, runner, metrics=None):
        if runner.work_dir.endswith('supervised') and runner.epoch == 1:
            raise KeyboardInterrupt
        record(hook, runner, metrics)

    benchmark = small(out='parts', options=options, **arguments)
    shutil.copytree(benchmark.out.parent / 'whole/hico_demo', benchmark.out / 'hico_demo')
    runs.clear()
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(EvaluationsHook, 'after_val_epoch', killed)
        benchmark.run({})
    assert (benchmark.out / NAME / 'seed_0/supervised/epoch_1.pth').exists()
    benchmark.check()
    *_, row = benchmark.run({})
    assert (row['values'], row['best']) == (whole['values'], whole['best'])
    weights, expected = (load_checkpoint_file(str(
        benchmark.out.parent / out / NAME / 'seed_0/supervised/epoch_2.pth'))['state_dict']
        for out in ('parts', 'whole'))
    assert all(torch.equal(weights[name], tensor) for name, tensor in expected.items())
    assert dict(runs) == {('train', f'{NAME}/seed_0/supervised'): 2}
    with pytest.raises(ValueError, match='optim_wrapper.optimizer.lr 0.01 -> 0.5'):
        small(out='parts', options={'optim_wrapper.optimizer.lr': 0.5}, names=NAME).check()


@pytest.mark.parametrize('arguments, message', [
    (dict(checkpoints=['a.pth']), 'supervised configs take none'),
    (dict(weights=[], names=f'hico_demo {NAME}'), rf"\['{NAME}'\] are to run without.*; supervised"),
    (dict(options=dict(val_evaluator=None)), r"lacks \['val_evaluator'\]"),
])
def test_refuses_early(small, arguments, message):
    with pytest.raises(ValueError, match=message):
        small(**dict(dict(names=NAME), **arguments)).check()


def test_checkpoints_are_those_of_the_pretraining_configs(small):
    benchmark = small(f'hico_demo {NAME} hico_pku1', seeds=2, checkpoints=list('abcd'))
    assert ''.join(benchmark._given_checkpoint(name, seed) for name in ('hico_demo', 'hico_pku1')
                   for seed in range(2)) == 'abcd'
