import argparse
import os

import pytest
import torch
from mmengine.config import Config

from hico_mm.utils.launch import add_launch_arguments, build_runner, merge_launch_arguments, pin_memory


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


def test_all_loaders_get_what_follows_from_their_other_options():
    loader = dict(num_workers=0, persistent_workers=True)
    cfg = merge(['b.py'], train_dataloader=dict(loader), val_cfg=dict(gallery_dataloader=dict(loader)),
                val_dataloader=dict(loader, num_workers=1, pin_memory=False), model=dict(type='X'))
    pin_memory(dict(cfg.items()))
    for found in cfg.train_dataloader, cfg.val_cfg.gallery_dataloader:
        assert found == dict(num_workers=0, persistent_workers=False, pin_memory=True)
    assert cfg.val_dataloader == dict(num_workers=1, persistent_workers=True, pin_memory=False)
    assert cfg.model == dict(type='X') and 'pin_memory' not in cfg.val_cfg


@pytest.mark.skipif(torch.cuda.is_available(), reason='needs a machine without GPU')
def test_statistics_of_all_processes_need_gpus():
    cfg = merge(['b.py', '--launcher', 'pytorch'], sync_bn='torch')
    with pytest.raises(ValueError, match="sync_bn='torch' needs GPUs, .* --cfg-options sync_bn=None"):
        build_runner(cfg)
    assert not torch.distributed.is_initialized()
