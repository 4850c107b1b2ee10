"""The config by which an encoder is evaluated and fine-tuned on one's own sequences."""
import itertools
import logging
import os
import os.path as osp
from collections.abc import Sequence
from pathlib import Path

from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.logging import print_log
from mmengine.registry import init_default_scope

from hico_mm.datasets.layouts import layout_advice
from hico_mm.utils import atomic_write, load_config
from hico_mm.utils.tasks import pretrained_checkpoint

from .loading import find_input, find_test_data

TEMPLATE = '''\
# {title}; written by tools/data/npy.py.
# As in all configs, _base_ is found from this file, ann_file and work_dir from the working directory.
_base_ = {base!r}

own = dict(
    type='SkeletonDataset',
    ann_file={annotations!r},
    num_classes={num_classes},
    num_joints={num_joints},
    num_coords=3,
    metainfo=dict(classes={classes!r}))
evaluate = dict(_delete_=True, pipeline=_base_.evaluate_pipeline, test_mode=True, **own)

val_dataloader = dict(dataset=dict(split='val', **evaluate))
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(dataset=dict(split='train', **evaluate)))
test_cfg = val_cfg
{encoder}'''
BORROWED = '''\
# Where the encoder is pre-trained, on the data of {base_name}.
work_dir = {work_dir!r}
'''
PRETRAINED = '''\

# Pre-training, with sizes that fit {num_sequences} sequences; the schedule is that of {base_name}.
train_dataloader = dict(
    batch_size={batch_size},
    dataset=dict(
        _delete_=True,
        type='SeededDataset',
        dataset=dict(split='train', pipeline=_base_.pretrain_pipeline, **own)))
model = dict(queue=dict(length={queue_length}))
work_dir = {work_dir!r}
'''
FEWEST = 16  # sequences to pre-train on: batches of 4, a queue of 8


def write_own_config(path: str, base: str, annotations: str, classes: Sequence[str],
                     num_joints: int, pretrain_on: int | None = None) -> None:
    """Write a config whose tasks and retrieval are on own sequences, with the encoder of another config.

    Args:
        path (str): Path of the config to write. Another config there is kept as ``path.old``, or
            ``path.old2`` and so on.
        base (str): Path or name of the pre-training config.
        annotations (str): Annotation file with the splits ``train`` and ``val``.
        classes (Sequence[str]): Names of the classes by their labels.
        num_joints (int): V of the sequences.
        pretrain_on (int, optional): Number of sequences in the split ``train``, to pre-train on them.
            Defaults to None: the encoder is that which ``base`` pre-trains on its own data.

    Raises:
        FileNotFoundError: If there is no config ``base``.
        ValueError: If it is no pre-training config, takes other joints, turns the axes of its own data,
            there are no classes, or too few sequences to pre-train on.
    """
    if not classes:
        raise ValueError('The sequences have no classes, so there is nothing to train or to evaluate on '
                         'them: put the files into a folder for each class, or leave --config out.')
    if pretrain_on is not None and pretrain_on < FEWEST:
        raise ValueError(f'There are {pretrain_on} sequences to pre-train on, but at least {FEWEST} are '
                         f'expected. Record more, or leave --pretrain out, for the encoder of {base}.')
    cfg = load_config(base)
    required = ['evaluate_pipeline', 'tasks'] + ['pretrain_pipeline'] * (pretrain_on is not None)
    if missing := [key for key in required if key not in cfg]:
        raise ValueError(f'{base} is no pre-training config: it has no {" and no ".join(missing)}. '
                         'Name one such as configs/hico_ntu60.py.')
    init_default_scope(cfg.get('default_scope', 'mmaction'))
    expected = find_input(find_test_data(cfg), MODELS.build(cfg.model.backbone))
    if expected.num_joints not in (None, num_joints):
        layout = f' ({expected.layout})' if expected.layout else ''
        raise ValueError(f'The sequences have {num_joints} joints, but the encoder of {base} takes '
                         f'{expected.num_joints}{layout}. {layout_advice(num_joints, expected.layout)}')
    if expected.axes is not None or expected.scale != 1:
        raise ValueError(f'The pipeline of {base} turns or scales the skeletons of its own data set, '
                         'and would do so with these. Name the config of other data for the same '
                         'encoder.')
    base_name = osp.basename(cfg.filename)
    if pretrain_on is None:
        title = f'The encoder of {base_name} on {annotations}'
        encoder = BORROWED.format(base_name=base_name, work_dir=osp.dirname(pretrained_checkpoint(cfg)))
    else:
        title = f'{base_name}, pre-trained and evaluated on {annotations}'
        batch_size, queue_length = pretraining_sizes(cfg, pretrain_on)
        encoder = PRETRAINED.format(
            base_name=base_name, num_sequences=pretrain_on, batch_size=batch_size,
            queue_length=queue_length, work_dir=f'work_dirs/{osp.splitext(osp.basename(path))[0]}')
    text = TEMPLATE.format(
        title=title, base=_base_path(cfg.filename, path), annotations=annotations,
        classes=list(classes), num_classes=len(classes), num_joints=num_joints, encoder=encoder)
    if osp.exists(path) and Path(path).read_bytes() != text.encode():  # it may have been edited
        names = (f'{path}.old{number}' for number in itertools.chain([''], itertools.count(2)))
        kept = next(name for name in names if not osp.exists(name))
        os.replace(path, kept)
        print_log(f'There was another {path}: it is {kept} now.', 'current', logging.WARNING)
    with atomic_write(path) as file:
        file.write(text.encode())


def _base_path(base: str, path: str) -> str:
    """The base as the config has to name it: relative, but absolute if the config is in a link."""
    base, folder = osp.realpath(base), osp.dirname(osp.abspath(path))
    # MMEngine takes each .. out of a path before it looks for links, so that .. leaves the link.
    return osp.relpath(base, folder) if folder == osp.realpath(folder) else base


def pretraining_sizes(cfg: Config, num_sequences: int) -> tuple[int, int]:
    """Choose sizes for a small set: powers of two, not above those of the config.

    Args:
        cfg (Config): The pre-training config.
        num_sequences (int): How many sequences there are.

    Returns:
        tuple[int, int]: Batch size, at most a quarter of the sequences, so that an epoch has some steps;
        and queue length, at most half of them, so that few sequences are their own negatives.
    """
    queue_length = (cfg.model.get('queue') or {}).get('length', 2048)  # FeatureQueue's default
    return (_power_of_two(min(cfg.train_dataloader.batch_size, num_sequences // 4)),
            _power_of_two(min(queue_length, num_sequences // 2)))


def _power_of_two(limit: int) -> int:
    """The largest one that is not above the limit."""
    return 1 << (limit.bit_length() - 1)


def config_path(annotations: str | os.PathLike) -> str:
    """Name the config beside an annotation file: ``own.py`` beside ``own.pkl``."""
    return osp.splitext(os.fspath(annotations))[0] + '.py'
