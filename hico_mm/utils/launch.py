"""What both tools/train.py and tools/test.py do to start a run."""
import argparse
import os
import os.path as osp
from typing import Any

import torch.distributed
from mmaction.registry import RUNNERS
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.dist import master_only
from mmengine.logging import MMLogger
from mmengine.runner import Runner

from .nodes import iter_dicts, type_name
from .options import OptionsAction

# Hooks that are of no use without validation.
VALIDATION_HOOKS = ('UntrainedBaselineHook', 'EarlyStoppingHook')


def add_launch_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that every run has."""
    parser.add_argument('--work-dir', help='folder of logs and checkpoints; by default '
                        "the config's work_dir, else ./work_dirs/NAME_OF_THE_CONFIG")
    parser.add_argument('--cfg-options', nargs='+', action=OptionsAction, metavar='KEY=VALUE',
                        help='settings that override the config: key=value with dots for nested '
                        'keys, lists as key="[a,b]". Other options override these')
    parser.add_argument('--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none',
                        help='what started the processes of a distributed run')
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0, help='set by launchers')


def merge_launch_arguments(cfg: Config, args: argparse.Namespace) -> None:
    """Write launcher and work dir into the config, in place."""
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    cfg.launcher = args.launcher
    allow_no_workers(dict(cfg.items()))
    if args.work_dir is not None:
        cfg.work_dir = args.work_dir
    elif cfg.get('work_dir') is None:
        cfg.work_dir = osp.join('work_dirs', osp.splitext(osp.basename(args.config))[0])


def allow_no_workers(node: Any) -> None:
    """Let ``num_workers=0`` be enough to load data in the main process, in all loaders of a config."""
    for loader in iter_dicts(node):
        if loader.get('num_workers') == 0:
            loader['persistent_workers'] = False  # torch refuses True


def pin_memory(node: Any) -> None:
    """Let a GPU copy batches while the host goes on. Without a GPU PyTorch would warn of it."""
    for loader in iter_dicts(node):
        if 'num_workers' in loader:
            loader.setdefault('pin_memory', True)


def remove_validation(cfg: Config) -> None:
    """Drop validation and the hooks that live on it, in place."""
    cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
    cfg.custom_hooks = [hook for hook in cfg.get('custom_hooks') or []
                        if type_name(hook) not in VALIDATION_HOOKS]
    ((cfg.get('default_hooks') or {}).get('checkpoint') or {}).pop('save_best', None)


class QuietRunner(Runner):
    """A Runner that leaves config, environment and list of hooks to the log file: 400 lines."""

    def build_logger(self, *args, **kwargs) -> MMLogger:
        """Build MMEngine's logger, whose first handler is the screen."""
        logger = super().build_logger(*args, **kwargs)
        logger.handlers[0].addFilter(
            lambda record: record.module != 'runner' or '\n' not in record.getMessage())
        logger.info(f'Config, environment and hooks are in the log, in {self._log_dir}')
        return logger


class TestRunner(QuietRunner):
    """A runner whose config stands beside its log: the one in the work dir is what was trained."""

    @master_only
    def dump_config(self) -> None:
        """Write the config."""
        self.cfg.dump(osp.join(self._log_dir, osp.basename(self.cfg.filename)))


def build_runner(cfg: Config, kind: type[Runner] = QuietRunner) -> Runner:
    """Build the runner of a config, on CPUs also with ``--launcher pytorch``."""
    if any({'begin', 'end'} & node.keys() for node in iter_dicts(cfg.get('model'))):
        # A term that has not begun leaves its projector without a gradient.
        cfg.setdefault('find_unused_parameters', True)
    if cfg.launcher == 'pytorch' and get_device() == 'cpu':
        _prepare_distributed_cpu(cfg)
    if torch.cuda.is_available():
        pin_memory(dict(cfg.items()))
    if 'model' not in cfg:
        raise ValueError(f'{cfg.filename} has no model among its entries {sorted(cfg)}. Name a config '
                         'to train or to test.')
    return RUNNERS.build(cfg) if 'runner_type' in cfg else kind.from_cfg(cfg)


def _prepare_distributed_cpu(cfg: Config) -> None:
    """Do what MMEngine does on GPUs only: start the processes' group and wrap without devices."""
    if cfg.get('sync_bn'):
        raise ValueError(f'sync_bn={cfg.sync_bn!r} needs GPUs, but several processes are to train on '
                         'CPUs. Add --cfg-options sync_bn=None: each then has its own statistics.')
    torch.distributed.init_process_group('gloo')
    cfg.model_wrapper_cfg = {
        'type': 'MMDistributedDataParallel', 'broadcast_buffers': False,
        'find_unused_parameters': cfg.get('find_unused_parameters', False),
        **(cfg.get('model_wrapper_cfg') or {}), 'device_ids': None}
