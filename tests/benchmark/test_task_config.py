"""The config of a task follows from that of the pre-training."""
from pathlib import Path

import pytest
from mmengine.config import Config

from hico_mm.benchmark import load_task_config, make_task_config, pretrained_checkpoint

DEMO = Path(__file__).parents[2] / 'configs/hico_demo.py'


@pytest.fixture
def cfg() -> Config:
    return Config.fromfile(DEMO)


def test_task_takes_the_encoder_and_its_input(cfg):
    cfg.merge_from_dict({'model.backbone.s2s.type': 'S2SGRU', 'model.backbone.branches': 'temporal',
                         'model.data_preprocessor.stream': 'bone'})
    model = make_task_config(cfg, 'finetune').model
    assert model.backbone == cfg.model.backbone
    assert model.data_preprocessor == cfg.model.data_preprocessor
    assert model.type == 'RecognizerGCN'
    assert model.cls_head == dict(
        type='LinearHead', num_classes=24, in_channels=4 * 64, standardize=True)


def test_linear_freezes_the_encoder_and_trains_without_augmentation(cfg):
    task = make_task_config(cfg, 'linear')
    assert task.model.backbone.frozen and 'frozen' not in cfg.model.backbone
    assert task.model.cls_head.standardize and 'head' not in task
    data = task.train_dataloader.dataset
    assert (data.type, data.split, data.test_mode) == ('SyntheticSkeletonDataset', 'train', False)
    assert data.pipeline == cfg.evaluate_pipeline
    assert [hook.type for hook in task.custom_hooks][-2:] == ['CheckpointFitHook', 'CacheFeaturesHook']


def test_semi_draws_labels_inside_the_repeatable_augmentation(cfg):
    data = make_task_config(cfg, 'semi').train_dataloader.dataset
    assert (data.type, data.dataset.type, data.dataset.fraction) == (
        'SeededDataset', 'LabelFraction', 0.01)
    assert data.dataset.dataset.pipeline == cfg.finetune_pipeline
    assert make_task_config(cfg, 'finetune').train_dataloader.dataset.dataset.split == 'train'


@pytest.mark.parametrize('task', ['linear', 'semi', 'finetune'])
def test_test_data_are_the_queries_and_the_metric_is_accuracy(cfg, task):
    config = make_task_config(cfg, task)
    assert config.val_dataloader == config.test_dataloader == cfg.val_dataloader
    assert config.val_cfg.type == 'ValLoop' and config.test_cfg.type == 'TestLoop'
    assert config.val_evaluator == config.test_evaluator == dict(type='AccMetric')


def test_test_data_are_the_queries_even_if_retrieval_has_others(cfg):
    cfg.test_dataloader = dict(dataset=dict(split='other'))
    assert make_task_config(cfg, 'linear').test_dataloader == cfg.val_dataloader


def test_augmented_probe_is_repeatable_and_so_refused_by_the_cache(cfg):
    cfg.tasks.linear.pipeline = 'finetune_pipeline'
    assert make_task_config(cfg, 'linear').train_dataloader.dataset.type == 'SeededDataset'


@pytest.mark.parametrize('task', ['linear', 'semi', 'finetune'])
def test_nothing_of_the_pretraining_is_left(cfg, task):
    config = make_task_config(cfg, task)
    assert 'tasks' not in config
    hooks = [hook.type for hook in config.custom_hooks]
    assert 'UntrainedBaselineHook' not in hooks and hooks.count('CheckpointFitHook') == 1
    assert 'save_best' not in config.default_hooks.checkpoint, 'the result is the last epoch'
    assert config.train_cfg.max_epochs == 80 and not config.train_dataloader.drop_last


def test_config_is_not_changed(cfg):
    before = cfg.to_dict()
    make_task_config(cfg, 'semi')
    assert cfg.to_dict() == before


def test_folders_follow_from_the_names(cfg):
    task = make_task_config(cfg, 'linear')
    assert task.work_dir == 'work_dirs/hico_demo_linear'
    assert task.load_from == pretrained_checkpoint(cfg) == 'work_dirs/hico_demo/epoch_24.pth'
    cfg.work_dir = 'elsewhere'
    assert pretrained_checkpoint(cfg) == 'elsewhere/epoch_24.pth'


def test_options_of_the_encoder_reach_all_that_follows_from_it():
    task = load_task_config(DEMO, 'linear', {
        'model.backbone.hidden_channels': 16, 'tasks.linear.train_dataloader.batch_size': 8,
        'train_cfg.max_epochs': 3, 'load_from': None})
    assert task.model.cls_head.in_channels == 2 * 4 * 16
    assert (task.train_dataloader.batch_size, task.train_cfg.max_epochs) == (8, 3)
    assert task.load_from is None


@pytest.mark.parametrize('change, error, message', [
    (dict(tasks=None), KeyError, "no task 'linear'; its tasks are []"),
    (dict(evaluate_pipeline=None), KeyError, "no 'evaluate_pipeline', the training pipeline"),
    (dict(val_cfg=dict(type='ValLoop')), ValueError, 'has no kNN evaluation'),
], ids=['no task', 'no pipeline', 'no gallery'])
def test_incomplete_config_is_refused(cfg, change, error, message):
    for key, value in change.items():
        cfg.pop(key)
        if value is not None:
            cfg[key] = value
    with pytest.raises(error) as info:
        make_task_config(cfg, 'linear')
    assert message in info.value.args[0]


def test_unknown_entry_of_a_task_is_refused(cfg):
    cfg.tasks.linear.optimizer = dict(lr=1)
    with pytest.raises(ValueError, match=r"unknown entries \['optimizer'\]; a task may have"):
        make_task_config(cfg, 'linear')


@pytest.mark.parametrize('key', ['pipeline', 'train_dataloader', 'optim_wrapper', 'train_cfg'])
def test_incomplete_task_is_refused(cfg, key):
    del cfg.tasks.linear[key]
    with pytest.raises(ValueError, match=rf"tasks.linear of .*hico_demo.py lacks \['{key}'\]"):
        make_task_config(cfg, 'linear')


def test_missing_number_of_classes_is_refused(cfg):
    del cfg.val_dataloader.dataset['num_classes']
    with pytest.raises(ValueError, match='Set val_dataloader.dataset.num_classes'):
        make_task_config(cfg, 'linear')


def test_misspelt_option_is_refused():
    with pytest.raises(ValueError, match="has no 'train_cgf'. Did you mean"):
        load_task_config(DEMO, 'linear', {'train_cgf.max_epochs': 1})


def test_options_of_another_task_are_refused():
    with pytest.raises(ValueError, match="tasks.semi.frozen changes nothing of the task 'linear'"):
        load_task_config(DEMO, 'linear', {'tasks.semi.frozen': True})
