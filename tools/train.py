"""Train a model: ``python tools/train.py CONFIG``, options as in MMAction2.

``--task linear`` is ``PRETRAIN=CONFIG python tools/train.py configs/tasks/linear.py``, with the config
that the pre-training left in its work dir, if there is one.
"""
import argparse
import os.path as osp
import shlex
import sys

from mmengine.config import Config
from mmengine.device import get_device
from mmengine.dist import is_main_process
from mmengine.runner import Runner

from hico_mm.datasets import check_annotation_files
from hico_mm.utils import (
    check_checkpoint,
    check_writable,
    find_resume_checkpoint,
    load_config,
    type_name,
)
from hico_mm.utils.checkpoint import checkpoint_places
from hico_mm.utils.errors import readable_errors
from hico_mm.utils.launch import (
    add_launch_arguments,
    build_runner,
    merge_launch_arguments,
    remove_validation,
)
from hico_mm.utils.tasks import check_encoder, load_task_config, print_once

AMP_WRAPPERS = ('OptimWrapper', 'AmpOptimWrapper', 'BFloat16OptimWrapper')
# Options of AmpOptimWrapper, which --amp takes on GPUs.
GPU_OPTIONS = ('loss_scale', 'dtype', 'use_fsdp')


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description='Train a model')
    parser.add_argument('config', help='config file')
    parser.add_argument('--task', metavar='NAME',
                        help='train configs/tasks/NAME.py (linear, finetune or semi) on top of the '
                        'pre-training config, or of the one that it left in its work dir')
    add_launch_arguments(parser)
    parser.add_argument('--resume', nargs='?', const='auto', metavar='CHECKPOINT',
                        help='continue from the checkpoint; without a value from the newest '
                        'complete one in the work dir, or from the beginning if there is none')
    parser.add_argument('--amp', action='store_true',
                        help='automatic mixed precision: float16 on a GPU, bfloat16 on a CPU or with '
                        'optim_wrapper.type=BFloat16OptimWrapper')
    parser.add_argument('--no-validate', action='store_true', help='do not evaluate')
    parser.add_argument('--auto-scale-lr', action='store_true',
                        help='scale the learning rate by the actual batch size over '
                        'auto_scale_lr.base_batch_size of the config')
    parser.add_argument('--seed', type=int, help="random seed, instead of the config's")
    parser.add_argument('--diff-rank-seed', action='store_true',
                        help='different seeds on different ranks')
    parser.add_argument('--deterministic', action='store_true',
                        help='deterministic algorithms only')
    return parser.parse_args(argv)


def merge_args(cfg: Config, args: argparse.Namespace) -> None:
    """Write the command line into the config, in place."""
    merge_launch_arguments(cfg, args)
    set_randomness(cfg, args)
    if args.no_validate:
        remove_validation(cfg)
    if args.amp:
        enable_amp(cfg)
    if args.auto_scale_lr:
        enable_lr_scaling(cfg)


def set_randomness(cfg: Config, args: argparse.Namespace) -> None:
    """Let the options for random numbers win over the config."""
    cfg.randomness = {'seed': None, **(cfg.get('randomness') or {})}
    if args.seed is not None:
        cfg.randomness.seed = args.seed
    if args.diff_rank_seed:
        cfg.randomness.diff_rank_seed = True
    if args.deterministic:
        cfg.randomness.deterministic = True


def enable_amp(cfg: Config) -> None:
    """Exchange the optimizer wrapper for one with mixed precision on the present device."""
    wrapper = cfg.optim_wrapper
    given = type_name(wrapper) or 'OptimWrapper'
    if given not in AMP_WRAPPERS:
        raise ValueError(f'--amp replaces the optimizer wrappers {AMP_WRAPPERS}, but the config '
                         f'has {given!r}. Leave out --amp.')
    if get_device() == 'cpu' or given == 'BFloat16OptimWrapper':
        wrapper.type = 'BFloat16OptimWrapper'
        for gpu_option in GPU_OPTIONS:
            wrapper.pop(gpu_option, None)
    else:
        wrapper.type = 'AmpOptimWrapper'
        wrapper.setdefault('loss_scale', 'dynamic')


def enable_lr_scaling(cfg: Config) -> None:
    """Turn on MMEngine's scaling of the learning rate."""
    if 'base_batch_size' not in (cfg.get('auto_scale_lr') or {}):
        raise ValueError('--auto-scale-lr needs auto_scale_lr=dict(base_batch_size=...) in the '
                         'config: the batch size that its learning rate is meant for.')
    cfg.auto_scale_lr.enable = True


def choose_checkpoint(cfg: Config, resume: str | None) -> None:
    """Resolve ``--resume``, and refuse a checkpoint that cannot be read."""
    if resume == 'auto':
        resume = find_resume_checkpoint(cfg)
        if resume is not None:  # it was read, to be found
            cfg.resume, cfg.load_from = True, resume
            return
        # `load_from` stays: a probe that starts anew still needs its encoder.
        folder, name, _ = checkpoint_places(cfg, cfg.work_dir)[0]
        print_once(f'No checkpoint to resume in {folder} ({name.format("*")}): training starts from the '
                   'beginning.')
        cfg.resume = False
    elif resume is not None:
        cfg.resume, cfg.load_from = True, resume
    if cfg.get('load_from') is not None:
        check_checkpoint(cfg.load_from)


def read_config(args: argparse.Namespace) -> Config:
    """Read the config, or make that of the task from it."""
    also = tuple(f'optim_wrapper.{option}' for option in GPU_OPTIONS) if args.amp else ()
    if args.task is None:
        cfg = load_config(args.config, args.cfg_options, also)
    else:
        cfg = load_task_config(args.config, args.task, args.cfg_options, also)
    source = cfg.get('load_from')
    if source and '://' not in source and not osp.isfile(source) and args.resume is None:
        raise FileNotFoundError(
            f'{source}, from which the training is to start, does not exist. Pre-train it, or name '
            'another one by --cfg-options load_from=CHECKPOINT; load_from=None starts from scratch, a '
            'linear evaluation from an untrained encoder.')
    check_encoder(cfg)
    return cfg


def print_next_command(args: argparse.Namespace, runner: Runner) -> None:
    """Recommend the linear evaluation of a pre-training."""
    checkpoint = runner.message_hub.get_info('last_ckpt')
    if checkpoint is None or 'gallery_dataloader' not in (runner.cfg.get('val_cfg') or {}):
        return
    program = sys.argv[0].split() if sys.argv[0].startswith('hico_mm ') else ['python', sys.argv[0]]
    command = [*program, args.config, '--task', 'linear', '--cfg-options', f'load_from={checkpoint}']
    print(f'Next: {shlex.join(command)}')


def main() -> None:
    args = parse_args()
    with readable_errors('Go on by --resume.'):
        cfg = read_config(args)
        merge_args(cfg, args)
        check_annotation_files(
            cfg.get('train_dataloader'), cfg.get('val_dataloader'), cfg.get('val_cfg'))
        check_writable(cfg.work_dir, '--work-dir')
        choose_checkpoint(cfg, args.resume)
        runner = build_runner(cfg)
        try:
            runner.train()
        except OSError as error:  # of a full disk, perhaps by a log
            error.filename = error.filename or cfg.work_dir
            raise
        if is_main_process():
            print_next_command(args, runner)


if __name__ == '__main__':
    main()
