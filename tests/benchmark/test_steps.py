"""The steps of a benchmark and their configs."""
import copy
from pathlib import Path

import pytest
from mmengine.config import Config

from hico_mm.benchmark.steps import Step, check_task, pretraining_step, step_config, task_steps

CONFIGS = Path(__file__).parents[2] / 'configs'


@pytest.fixture(scope='module')
def demo():
    return Config.fromfile(CONFIGS / 'hico_demo.py')


@pytest.mark.parametrize('step, folder', [
    (Step('c', 2, 'pretrain'), 'c/seed_2/pretrain'),
    (Step('c', 0, 'linear', 'untrained'), 'c/seed_0/linear_untrained'),
    (Step('c', 0, 'semi', 'untrained', 0.01, 3), 'c/seed_0/semi_0.01_draw3_untrained'),
])
def test_folder(step, folder):
    assert step.folder == Path(folder)


@pytest.mark.parametrize('name, pretraining', [
    ('hico_ntu60', 'hico_ntu60'), ('hico_ntu60_to_pku2', 'hico_ntu60'),
    ('hico_pku1_to_pku2', 'hico_pku1'), ('hico_uiprmd_to_utd_mhad', 'hico_uiprmd_to_utd_mhad')])
def test_transfer_shares_the_pretraining_of_its_source(name, pretraining):
    step = pretraining_step(Config.fromfile(CONFIGS / f'{name}.py'), 1)
    assert step == Step(pretraining, 1, 'pretrain')


def test_steps_of_the_tasks():
    names = [step.name for step in task_steps('c', 0, ['knn', 'semi'], [0.1, 0.5], 2)]
    assert names == [
        'knn', 'knn_untrained', 'semi_0.1_draw0', 'semi_0.1_draw0_untrained', 'semi_0.1_draw1',
        'semi_0.1_draw1_untrained', 'semi_0.5_draw0', 'semi_0.5_draw0_untrained', 'semi_0.5_draw1',
        'semi_0.5_draw1_untrained']
    assert [step.name for step in task_steps('c', 0, ['linear'], [0.1], 2, ['pretrained'])] == ['linear']


def test_config_of_a_semi_supervised_step(demo):
    before = copy.deepcopy(demo.to_dict())
    config = step_config(Step('hico_demo', 3, 'semi', labels=0.25, draw=4), demo, Path('out'), 'a.pth')
    drawn = config.train_dataloader.dataset.dataset
    assert (drawn.type, drawn.fraction, drawn.seed) == ('LabelFraction', 0.25, 4)
    assert (config.load_from, config.randomness.seed) == ('a.pth', 3)
    assert config.work_dir == 'out/hico_demo/seed_3/semi_0.25_draw4'
    assert demo.to_dict() == before


def test_an_untrained_encoder_has_nothing_to_load(demo):
    for task in ('linear', 'knn', 'finetune'):
        config = step_config(Step('c', 0, task, 'untrained'), demo, Path('out'))
        assert config.load_from is None and config.resume is False


def test_pretraining_may_start_from_weights_of_its_config(demo):
    cfg = copy.deepcopy(demo)
    cfg.load_from = 'earlier.pth'
    assert step_config(Step('c', 0, 'pretrain'), cfg, Path('out')).load_from == 'earlier.pth'


def test_no_workers_are_enough(demo):
    cfg = copy.deepcopy(demo)
    cfg.train_dataloader.num_workers = 0
    config = step_config(Step('c', 0, 'pretrain'), cfg, Path('out'))
    assert config.train_dataloader.persistent_workers is False


@pytest.mark.parametrize('task, key, error, message', [
    ('linear', 'tasks', KeyError, "has no task 'linear'"),
    ('knn', 'test_cfg', ValueError, 'has no retrieval, which is a test_cfg with a gallery_dataloader'),
])
def test_refuses_tasks_that_a_config_does_not_have(demo, task, key, error, message):
    check_task(demo, task)
    cfg = copy.deepcopy(demo)
    cfg.pop(key)
    with pytest.raises(error, match=message):
        check_task(cfg, task)
