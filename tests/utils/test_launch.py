import argparse
import os

import pytest
import torch
from mmengine.config import Config

from hico_mm.utils.launch import (
    add_launch_arguments,
    build_runner,
    merge_launch_arguments,
    pin_memory,
    remove_validation,
)


@pytest.fixture(autouse=True)
def no_local_rank(monkeypatch):
    monkeypatch.setenv('LOCAL_RANK', '')  # restored in the end, whatever the code sets
    monkeypatch.delenv('LOCAL_RANK')


def merge(argv, **cfg):
    parser = argparse.ArgumentParser()
    parser.add_argument('config')
    add_launch_arguments(parser)
    cfg = Config(cfg)
    merge_launch_arguments(cfg, parser.parse_args(argv))
    return cfg


@pytest.mark.parametrize('argv, cfg, work_dir', [
    (['a/b.c.py'], {}, 'work_dirs/b.c'),
    (['b.py'], dict(work_dir='mine'), 'mine'),
    (['b.py', '--work-dir', 'other'], dict(work_dir='mine'), 'other'),
])
def test_work_dir(argv, cfg, work_dir):
    assert merge(argv, **cfg).work_dir == work_dir


def test_launcher_and_rank():
    assert merge(['b.py', '--launcher', 'slurm', '--local-rank', '3']).launcher == 'slurm'
    assert os.environ['LOCAL_RANK'] == '3'
    assert merge(['b.py']).launcher == 'none'
    assert os.environ['LOCAL_RANK'] == '3'  # the launcher's word counts


def test_no_workers_need_no_second_option():
    loader = dict(num_workers=0, persistent_workers=True)
    cfg = merge(['b.py'], train_dataloader=dict(loader), val_cfg=dict(gallery_dataloader=dict(loader)),
                val_dataloader=dict(loader, num_workers=1))
    assert cfg.train_dataloader.persistent_workers is False
    assert cfg.val_cfg.gallery_dataloader.persistent_workers is False
    assert cfg.val_dataloader.persistent_workers is True


def test_memory_is_pinned_in_all_loaders_that_do_not_say_otherwise():
    cfg = Config(dict(
        train_dataloader=dict(num_workers=2), val_dataloader=dict(num_workers=0, pin_memory=False),
        val_cfg=dict(gallery_dataloader=dict(num_workers=1)), model=dict(type='MoCoRecognizer')))
    pin_memory(dict(cfg.items()))
    assert cfg.train_dataloader.pin_memory and cfg.val_cfg.gallery_dataloader.pin_memory
    assert not cfg.val_dataloader.pin_memory
    assert 'pin_memory' not in cfg.model and 'pin_memory' not in cfg.val_cfg


def test_validation_is_removed_with_all_that_needs_it():
    cfg = Config(dict(
        val_cfg=dict(type='ValLoop'), val_dataloader=dict(), val_evaluator=dict(),
        custom_hooks=[dict(type='EpochSeedHook'), dict(type='UntrainedBaselineHook')],
        default_hooks=dict(checkpoint=dict(interval=1, save_best='knn/top1'))))
    remove_validation(cfg)
    assert cfg.val_cfg is cfg.val_dataloader is cfg.val_evaluator is None
    assert cfg.custom_hooks == [dict(type='EpochSeedHook')]
    assert cfg.default_hooks.checkpoint == dict(interval=1)


@pytest.mark.skipif(torch.cuda.is_available(), reason='needs a machine without GPU')
def test_statistics_of_all_processes_need_gpus():
    cfg = merge(['b.py', '--launcher', 'pytorch'], sync_bn='torch')
    with pytest.raises(ValueError, match="sync_bn='torch' needs GPUs, .* --cfg-options sync_bn=None"):
        build_runner(cfg)
    assert not torch.distributed.is_initialized()
