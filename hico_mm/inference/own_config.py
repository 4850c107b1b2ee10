"""The config by which an encoder is evaluated and fine-tuned on one's own sequences."""
import os
import os.path as osp
from collections.abc import Sequence

from mmaction.registry import MODELS
from mmengine.registry import init_default_scope

from hico_mm.benchmark.task_config import pretrained_checkpoint
from hico_mm.utils import preflight
from hico_mm.utils.atomic import atomic_write

from .loading import find_input, find_test_data

TEMPLATE = '''\
# The encoder of {base_name} on {annotations}; written by tools/data/npy.py.
_base_ = {base!r}

own = dict(
    _delete_=True,
    type='SkeletonDataset',
    ann_file={annotations!r},
    num_classes={num_classes},
    num_joints={num_joints},
    num_coords=3,
    metainfo=dict(classes={classes!r}),
    pipeline=_base_.evaluate_pipeline,
    test_mode=True)
val_dataloader = dict(dataset=dict(split='val', **own))
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(dataset=dict(split='train', **own)))
test_cfg = val_cfg
# Where the encoder is pre-trained, on the data of {base_name}.
work_dir = {work_dir!r}
'''


def write_own_config(path: str, base: str, annotations: str, classes: Sequence[str],
                     num_joints: int) -> None:
    """Write a config whose tasks and retrieval are on own sequences, with the encoder of another config.

    Args:
        path (str): Path of the config to write.
        base (str): Path of the pre-training config.
        annotations (str): Annotation file with the splits ``train`` and ``val``.
        classes (Sequence[str]): Names of the classes by their labels.
        num_joints (int): V of the sequences.

    Raises:
        FileNotFoundError: If there is no config ``base``.
        ValueError: If it is no pre-training config, takes other joints, or there are no classes.
    """
    if not classes:
        raise ValueError('The sequences have no classes, so there is nothing to train or to evaluate on '
                         'them: put the files into a folder for each class, or leave --config out.')
    cfg = preflight.load_config(base)
    if 'evaluate_pipeline' not in cfg or 'tasks' not in cfg:
        raise ValueError(f'{base} is no pre-training config: it has no evaluate_pipeline or no tasks. '
                         'Name one such as configs/hico_ntu60.py.')
    init_default_scope(cfg.get('default_scope', 'mmaction'))
    expected = find_input(find_test_data(cfg), MODELS.build(cfg.model.backbone))
    if expected.num_joints not in (None, num_joints):
        layout = f' ({expected.layout})' if expected.layout else ''
        raise ValueError(f'The sequences have {num_joints} joints, but the encoder of {base} takes '
                         f'{expected.num_joints}{layout}. Map them by --from and --to.')
    text = TEMPLATE.format(
        base_name=osp.basename(base), base=osp.relpath(base, osp.dirname(osp.abspath(path))),
        annotations=annotations, classes=list(classes), num_classes=len(classes), num_joints=num_joints,
        work_dir=osp.dirname(pretrained_checkpoint(cfg)))
    with atomic_write(path) as file:
        file.write(text.encode())


def config_path(annotations: str | os.PathLike) -> str:
    """Name the config beside an annotation file: ``own.py`` beside ``own.pkl``."""
    return osp.splitext(os.fspath(annotations))[0] + '.py'
