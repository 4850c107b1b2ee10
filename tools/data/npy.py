"""Make an annotation file out of a folder of arrays: CLASS/NAME.npy, or NAME.npy without labels.

An array is (T, V, 3), or (M, T, V, 3) with several persons. The annotation file has the splits train and
val. It serves as a gallery; with --config also for retrieval and the tasks; with --pretrain also for
pre-training, without --config by settings for small and middle-sized sets of one person.
"""
import argparse
import itertools
import logging
import math
import os
import os.path as osp
import re
from collections.abc import Sequence
from pathlib import Path

from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.logging import print_log
from mmengine.registry import init_default_scope

from hico_mm.apis.inference import find_test_data
from hico_mm.apis.preparation import find_input
from hico_mm.apis.recordings import add_array_arguments
from hico_mm.datasets import write_annotation_file
from hico_mm.datasets.layouts import LAYOUTS, get_layout, layout_advice
from hico_mm.datasets.raw.npy_folder import read_sequences, split_by_class
from hico_mm.datasets.transforms import MapJoints
from hico_mm.utils import atomic_write, check_writable, find_config, iter_dicts, load_config
from hico_mm.utils.errors import readable_errors
from hico_mm.utils.options import iter_entries
from hico_mm.utils.tasks import pretrained_checkpoint

CONFIG = '''\
# {title}; written by tools/data/npy.py.
# _base_ is found from this file, ann_file and work_dir from the working directory.
_base_ = {base!r}

own = dict(
    type='SkeletonDataset',
    ann_file={ann_file!r},
    num_classes={num_classes},
    num_joints={num_joints},
    num_coords=3,
    metainfo=dict(classes={classes!r}))
evaluate = dict(_delete_=True, pipeline=_base_.evaluate_pipeline, test_mode=True, **own)

val_dataloader = dict(dataset=dict(split='val', **evaluate))
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(dataset=dict(split='train', **evaluate)))
test_cfg = val_cfg
'''
BORROWED = '''\
# Where the encoder is pre-trained, on the data of {base_name}.
work_dir = {work_dir!r}
'''
PRETRAINED = '''\

# Pre-training. Of {num_sequences} sequences a batch has at most a quarter, so that an epoch has some
# steps, and the queue at most half, so that few are their own negatives. The rest is of {base_name}.
train_dataloader = dict(
    batch_size={batch_size},
    dataset=dict(
        _delete_=True,
        type='SeededDataset',
        dataset=dict(split='train', pipeline=_base_.train_dataloader.{pipeline}, **own)))
model = dict(queue=dict(length={queue_length}))
work_dir = {work_dir!r}
'''
SCHEDULE = '''\
# {factor} times the epochs of {base_name}: {num_steps:,} steps, at least {min_steps:,}.
train_cfg = dict(max_epochs={max_epochs}, val_interval={val_interval})
param_scheduler = dict(milestones={milestones})
default_hooks = dict(checkpoint=dict(interval={checkpoint_interval}))
'''
SMALL_SETS = 'hico_seven_sets'  # whose settings were chosen for small and middle-sized sets
MIN_SEQUENCES = 16  # to pre-train on: batches of 4, a queue of 8
MIN_STEPS = 3500  # of pre-training, see configs/_base_/hico_small_sets.py


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('folder', type=Path, help='folder of arrays')
    parser.add_argument('out', type=Path, help='annotation file to write, a .pkl')
    parser.add_argument('--from', dest='source', choices=sorted(LAYOUTS), help='layout of the arrays')
    parser.add_argument('--to', dest='target', choices=sorted(LAYOUTS),
                        help='layout to map them to, that of the encoder; default none')
    add_array_arguments(parser)
    parser.add_argument('--fill-gaps', type=int, default=0, metavar='N',
                        help='interpolate NaN linearly where at most N frames in a row have them')
    parser.add_argument('--val', type=float, default=0.2, metavar='SHARE',
                        help='share of each class for validation; default 0.2')
    parser.add_argument('--seed', type=int, default=0, help='seed of the split; default 0')
    parser.add_argument('--config', metavar='BASE', help='pre-training config: writes a config of its '
                        'encoder on these sequences beside the annotation file')
    parser.add_argument('--pretrain', action='store_true', help='pre-train on these sequences, instead '
                        f'of using the encoder that BASE pre-trains; BASE is {SMALL_SETS} by default')
    args = parser.parse_args()
    if args.source is None and (args.target or args.axes or args.scale != 1):
        parser.error('--to, --axes and --scale need --from, the layout of the arrays')
    if args.pretrain and args.config is None:
        args.config = SMALL_SETS
    if args.out.suffix != '.pkl':
        parser.error(f'OUT is {args.out}, but MMAction2 reads annotation files that end with .pkl')
    return args


def write_config(path: str, base: str, ann_file: str, classes: Sequence[str], num_joints: int,
                 num_sequences: int | None = None, num_persons: int = 1) -> None:
    """Write a config whose tasks and retrieval are on own sequences, with the encoder of another config.

    Without ``num_sequences`` to pre-train on, it is the one that ``base`` pre-trains on its own data.
    Another config there is kept as ``path.old``, ``path.old2`` and so on.
    """
    if len(classes) < 2:
        raise ValueError(f'The sequences have the classes {list(classes)}, but at least two are needed '
                         'to evaluate an encoder: put the files into a folder for each class. Or leave '
                         '--config and --pretrain out, name the annotation file in your own config, and '
                         'pre-train by train.py --no-validate.')
    if num_sequences is not None and num_sequences < MIN_SEQUENCES:
        raise ValueError(f'There are {num_sequences} sequences to pre-train on, but at least '
                         f'{MIN_SEQUENCES} are expected. Record more, or use the encoder of another '
                         'config: --config without --pretrain.')
    cfg = load_config(find_config(base))
    check_base(cfg, num_joints, num_persons)
    base_name = osp.basename(cfg.filename)
    if num_sequences is None:
        title = f'The encoder of {base_name} on {ann_file}'
        encoder = BORROWED.format(base_name=base_name, work_dir=osp.dirname(pretrained_checkpoint(cfg)))
    else:
        title = f'{base_name}, pre-trained and evaluated on {ann_file}'
        batch_size, queue_length = pretraining_sizes(cfg, num_sequences)
        encoder = PRETRAINED.format(
            base_name=base_name, num_sequences=num_sequences, batch_size=batch_size,
            queue_length=queue_length, pipeline=training_pipeline(cfg),
            work_dir=f'work_dirs/{Path(path).stem}')
        encoder += longer_schedule(cfg, num_sequences // batch_size, base_name)
    if cfg.get('evaluate_on'):
        encoder += 'evaluate_on = dict(_delete_=True)  # other data sets\n'
    text = CONFIG.format(
        title=title, base=base_path(cfg.filename, path), ann_file=ann_file, classes=list(classes),
        num_classes=len(classes), num_joints=num_joints) + encoder
    if osp.exists(path) and Path(path).read_bytes() != text.encode():  # it may have been edited
        names = (f'{path}.old{number}' for number in itertools.chain([''], itertools.count(2)))
        kept = next(name for name in names if not osp.exists(name))
        os.replace(path, kept)
        print_log(f'There was another {path}: it is {kept} now.', 'current', logging.WARNING)
    with atomic_write(path) as file:
        file.write(text.encode())


def training_pipeline(cfg: Config) -> str:
    """Say where ``train_dataloader`` has the pipeline of the pre-training, of the first of several."""
    path = next(path for path, _ in iter_entries(cfg.train_dataloader) if path.endswith('.pipeline'))
    return re.sub(r'\.(\d+)', r'[\1]', path)


def check_base(cfg: Config, num_joints: int, num_persons: int) -> None:
    """Refuse a config that is no pre-training config, or does not take the own sequences as they are.

    That it takes fewer persons is only told.
    """
    required = ['evaluate_pipeline', 'finetune_pipeline', 'train_dataloader']
    if missing := [key for key in required if key not in cfg]:
        raise ValueError(f'{cfg.filename} is no pre-training config: it has no {", ".join(missing)}. '
                         'Name one such as configs/hico_ntu60.py.')
    if 'cls_head' in cfg.model:
        raise ValueError(f'{cfg.filename} trains a classifier. Name a pre-training config such as '
                         'configs/hico_ntu60.py.')
    init_default_scope(cfg.get('default_scope', 'mmaction'))
    backbone = MODELS.build(cfg.model.backbone)
    expected = find_input(find_test_data(cfg), backbone)
    if expected.num_joints not in (None, num_joints):
        layout = f' ({expected.layout})' if expected.layout else ''
        raise ValueError(f'The sequences have {num_joints} joints, but the encoder of {cfg.filename} '
                         f'takes {expected.num_joints}{layout}. '
                         f'{layout_advice(num_joints, expected.layout)}')
    if expected.axes is not None or expected.scale != 1:
        raise ValueError(f'The pipeline of {cfg.filename} turns or scales the skeletons of its own data '
                         'set, and would do so with these. Name the config of other data for the same '
                         'encoder.')
    taken = backbone.input_sizes.get('num_persons', num_persons)
    if num_persons > taken:
        print_log(f'There are recordings of {num_persons} persons, but the encoder of {cfg.filename} '
                  f'takes {taken}: the most active are kept. For more name another --config.',
                  'current', logging.WARNING)


def base_path(base: str, path: str) -> str:
    """The base as the config has to name it: relative, but absolute if the config is in a link."""
    base, folder = osp.realpath(base), osp.dirname(osp.abspath(path))
    # MMEngine takes each .. out of a path before it looks for links, so that .. leaves the link.
    return osp.relpath(base, folder) if folder == osp.realpath(folder) else base


def pretraining_sizes(cfg: Config, num_sequences: int) -> tuple[int, int]:
    """Batch size and queue length for a small set: powers of two, not above those of the config.

    A batch has at most a quarter of the sequences, so that an epoch has some steps; a queue at most
    half of them, so that few sequences are their own negatives.
    """
    def power_of_two(limit: int) -> int:
        return 1 << (limit.bit_length() - 1)

    queue_length = (cfg.model.get('queue') or {}).get('length', 2048)  # FeatureQueue's default
    return (power_of_two(min(cfg.train_dataloader.batch_size, num_sequences // 4)),
            power_of_two(min(queue_length, num_sequences // 2)))


def longer_schedule(cfg: Config, steps_per_epoch: int, base_name: str) -> str:
    """As many times the epochs of the config as make ``MIN_STEPS``; nothing if its own are enough."""
    loop, scheduler, checkpoint = cfg.train_cfg, cfg.param_scheduler, cfg.default_hooks.checkpoint
    steps = loop.get('max_epochs', 0) * steps_per_epoch
    if steps >= MIN_STEPS:
        return ''
    counted = {key for part in iter_dicts([cfg.model, scheduler]) for key in part}
    if (not steps or {'begin', 'end'} & counted or not isinstance(scheduler, dict)
            or 'milestones' not in scheduler or not scheduler.get('by_epoch', True)):
        print_log(f'The schedule is that of {base_name}. Set its length, and all that counts in epochs, '
                  f'for at least {MIN_STEPS} steps.', 'current', logging.WARNING)
        return ''
    factor = math.ceil(MIN_STEPS / steps)
    return SCHEDULE.format(
        factor=factor, base_name=base_name, num_steps=factor * steps, min_steps=MIN_STEPS,
        max_epochs=factor * loop.max_epochs, val_interval=factor * loop.get('val_interval', 1),
        milestones=[factor * epoch for epoch in scheduler['milestones']],
        checkpoint_interval=factor * checkpoint.get('interval', 1))


def main() -> None:
    args = parse_args()
    config = str(args.out.with_suffix('.py'))
    with readable_errors():
        check_writable(str(args.out.parent), 'OUT')
        layout = mapping = None
        if args.source is not None:
            layout = get_layout(args.source)
            mapping = MapJoints(args.source, args.target or args.source, args.axes, args.scale)
        annotations, classes = read_sequences(args.folder, layout, mapping, args.fill_gaps, args.order)
        splits = split_by_class(annotations, args.val, args.seed)
        num_joints = annotations[0]['keypoint'].shape[2]
        if args.config is not None:
            write_config(config, args.config, str(args.out), classes, num_joints,
                         len(splits['train']) if args.pretrain else None,
                         max(len(annotation['keypoint']) for annotation in annotations))
        write_annotation_file(str(args.out), splits, dtype='float32')
    sizes = ', '.join(f'{name} {len(split)}' for name, split in splits.items())
    print(f'{args.out}: sequences: {sizes}; joints: {num_joints}; '
          f'classes: {", ".join(classes) or "none"}')
    if args.config is not None:
        pretraining = 'tools/train.py, ' if args.pretrain else ''
        print(f'{config}: the config of {pretraining}tools/train.py --task and tools/test.py on them')


if __name__ == '__main__':
    main()
