"""Configs that train with labels: stock recognizers around both kinds of network."""
from pathlib import Path

import pytest
import torch
from mmaction.registry import HOOKS, MODELS
from mmengine.config import Config
from mmengine.runner import Runner

from hico_mm.benchmark import make_task_config

FOLDER = Path(__file__).parents[1] / 'configs'
NAMES = [path.stem for path in sorted(FOLDER.glob('supervised_*.py'))]


def load(name: str) -> Config:
    return Config.fromfile(FOLDER / f'{name}.py')


def pretraining_of(name: str) -> Config:
    """The config that pre-trains the same network without labels."""
    _, network, data = name.split('_', 2)
    data = dict(utd_mhad='four_sets', utkinect='four_sets_to_utkinect').get(data, data)
    return load(f"{dict(hico='hico', stgcn='skeletonclr')[network]}_{data}")


def build(model: dict) -> torch.nn.Module:
    with torch.device('meta'):
        return MODELS.build(model)


@pytest.mark.parametrize('name', NAMES)
def test_encoder_of_the_pretraining_fits(name):
    """So a checkpoint of either can start the other."""
    ours, pretraining = build(load(name).model), build(pretraining_of(name).model)
    assert type(ours).__name__ == 'RecognizerGCN'
    for key, tensor in pretraining.backbone.state_dict().items():
        assert ours.state_dict()[f'backbone.{key}'].shape == tensor.shape, key
    assert len(ours.backbone.state_dict()) == len(pretraining.backbone.state_dict())


@pytest.mark.parametrize('name', NAMES)
def test_data_are_those_of_fine_tuning(name):
    cfg, task = load(name), make_task_config(pretraining_of(name), 'finetune')
    dataset, expected = (x.train_dataloader.dataset.dataset for x in (cfg, task))
    assert dataset.pipeline == expected.pipeline
    assert dataset.split == expected.split and not dataset.get('test_mode')
    for key in ('val_dataloader', 'test_dataloader', 'val_cfg', 'test_cfg', 'val_evaluator',
                'test_evaluator'):
        assert cfg[key] == task[key], key
    assert cfg.model.cls_head.num_classes == task.model.cls_head.num_classes
    if name.endswith('ntu60'):
        assert (cfg.train_cfg, cfg.param_scheduler) == (task.train_cfg, task.param_scheduler)
    if name == 'supervised_hico_ntu60':
        assert cfg.optim_wrapper == task.optim_wrapper


@pytest.mark.parametrize('name', NAMES)
def test_hooks_build(name):
    kinds = [type(HOOKS.build(hook)).__name__ for hook in load(name).custom_hooks]
    assert 'EpochSeedHook' in kinds and 'CacheFeaturesHook' not in kinds


@pytest.mark.parametrize('network', ['hico', 'stgcn'])
def test_demo_is_learnt(network, tmp_path):
    cfg = load(f'supervised_{network}_demo')
    cfg.merge_from_dict({
        'work_dir': str(tmp_path), 'train_cfg.max_epochs': 6, 'train_cfg.val_interval': 6,
        'param_scheduler.milestones': [5], 'log_level': 'ERROR'})
    cfg.train_dataloader.update(batch_size=8)
    for loader in (cfg.train_dataloader, cfg.val_dataloader):
        loader.update(num_workers=0, persistent_workers=False)
        loader.dataset.get('dataset', loader.dataset).update(num_sequences=48, num_classes=4)
    cfg.model.cls_head.num_classes = 4
    runner = Runner.from_cfg(cfg)
    runner.train()
    untrained = runner.message_hub.get_info('untrained/acc/top1')
    trained = runner.message_hub.get_scalar('val/acc/top1').current()
    assert untrained < 0.5 < trained, 'chance is 0.25'
