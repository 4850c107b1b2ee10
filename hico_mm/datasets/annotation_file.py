"""Annotation files: MMAction2's pickles of skeleton sequences, read, split and written."""
import logging
import os.path as osp
import pickle
from collections.abc import Sequence
from typing import Any

import mmengine
import numpy as np
from mmengine.logging import print_log

from hico_mm.utils import atomic_write, iter_dicts

DOWNLOAD_URL = 'https://download.openmmlab.com/mmaction/v1.0/skeleton/data/'
DOWNLOAD_NAMES = ('ntu60_3d.pkl', 'ntu120_3d.pkl')
FORMAT = ('dict(split={name: [frame_dir, ...]}, annotations=[dict(frame_dir, label, total_frames, '
          'keypoint (M, T, V, C)), ...])')


def missing_file_message(path: str) -> str:
    """Say which annotation file was looked for, and where it comes from.

    Args:
        path (str): Path of the file that is not there.

    Returns:
        str: One readable message, with the absolute path.
    """
    looked_for = f'Annotation file not found: {osp.abspath(path)}.'
    name = osp.basename(path)
    if name in DOWNLOAD_NAMES:
        return (f"{looked_for} MMAction2 offers it for download: save {DOWNLOAD_URL}{name} under "
                'that path, or set ann_file to where you keep it.')
    return (f"{looked_for} Set ann_file to a pickle of {FORMAT}; the section 'Your own data set' "
            'of README.md shows how to write one.')


def check_annotation_files(*dataloaders: dict | None) -> None:
    """Refuse annotation files that do not exist.

    Args:
        *dataloaders (dict, optional): Configs, with the data sets anywhere inside.

    Raises:
        FileNotFoundError: If a file is missing.
    """
    for node in iter_dicts(dataloaders):
        path = node.get('ann_file')
        if path and '://' not in path:
            path = osp.join(node.get('data_root') or '', path)
            if not osp.isfile(path):
                raise FileNotFoundError(missing_file_message(path))


def read_annotation_file(path: str) -> Any:
    """Unpickle an annotation file. A pickle can run code: read only files that you trust.

    Args:
        path (str): Path of the file.

    Returns:
        Any: What was pickled, see :func:`select_split`.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is truncated or no pickle.
    """
    if not mmengine.isfile(path):
        raise FileNotFoundError(missing_file_message(path))
    try:
        return mmengine.load(path, file_format='pkl')
    except Exception as error:  # bytes that are no pickle can raise almost anything
        raise ValueError(
            f'{path} ({osp.getsize(path)} bytes) cannot be read: it is truncated or not a pickle '
            f'({type(error).__name__}: {error}). Download or write it again.') from error


def select_split(content: Any, split: str | None, path: str) -> list[dict]:
    """Take the annotations of one split.

    Names without an annotation are left out with a warning, because official split lists also
    name the recordings whose skeleton is missing.

    Args:
        content (dict or list): ``dict(split={name: [frame_dir, ...]}, annotations=[dict, ...])``,
            or the bare list of annotations if ``split`` is None.
        split (str, optional): Name of the split; None takes every annotation.
        path (str): The file, for messages.

    Returns:
        list[dict]: The annotations, in the order of the file.

    Raises:
        ValueError: If the content has another structure, or the split is absent, empty, or
            without any annotation.
    """
    if split is None and isinstance(content, list):
        annotations = content
    elif (isinstance(content, dict) and isinstance(content.get('split'), dict)
          and isinstance(content.get('annotations'), list)):
        annotations = content['annotations']
    else:
        got = f'a dict with keys {list(content)}' if isinstance(content, dict) else \
            f'a {type(content).__name__}'
        raise ValueError(f'{path} holds {got}, expected {FORMAT}; only with split=None may it be '
                         'the bare list of annotations.')
    for i, annotation in enumerate(annotations):
        if not isinstance(annotation, dict) or 'frame_dir' not in annotation:
            got = list(annotation) if isinstance(annotation, dict) else type(annotation).__name__
            raise ValueError(f"{path}: annotation {i} is {got}, expected a dict with the key "
                             "'frame_dir', the name of the sequence.")
        if not isinstance(annotation['frame_dir'], str):
            raise ValueError(f'{path}: annotation {i} has the frame_dir {annotation["frame_dir"]!r}, '
                             'expected a string, the name of the sequence.')
    if not annotations:
        raise ValueError(f'{path} has no annotations.')
    if split is None:
        return annotations

    if split not in content['split']:
        raise ValueError(f'{path} has no split {split!r}; it has {sorted(content["split"])}.')
    names = content['split'][split]
    if not isinstance(names, (list, tuple, set, np.ndarray)) or len(names) == 0:
        raise ValueError(f'{path}: split {split!r} is {names!r}, expected a list of at least one '
                         'frame_dir.')
    wanted = set(names)
    selected = [x for x in annotations if x['frame_dir'] in wanted]
    absent = sorted(wanted - {x['frame_dir'] for x in selected}, key=str)
    if not selected:
        raise ValueError(f'{path}: no sequence that split {split!r} names has an annotation. It '
                         f'names {absent[0]!r}, say, while the first annotation is of '
                         f'{annotations[0]["frame_dir"]!r}; both have to be the frame_dir.')
    if absent:
        print_log(f'{path}: {len(absent)} of the {len(wanted)} sequences in split {split!r} have '
                  f'no annotation and are left out: {absent[:3]}...', 'current', logging.WARNING)
    return selected


def write_annotation_file(path: str, splits: dict[str, Sequence[dict]],
                          dtype: str = 'float16') -> None:
    """Write sequences as an annotation file, whole or not at all.

    Args:
        path (str): Path of the file; its folder is made.
        splits (dict[str, Sequence[dict]]): Annotations by split. A sequence may be in several.
        dtype (str): Type of the stored coordinates. Defaults to 'float16', as in MMAction2's
            NTU files.
    """
    annotations = {x['frame_dir']: x for split in splits.values() for x in split}
    content = dict(
        split={name: [x['frame_dir'] for x in split] for name, split in splits.items()},
        annotations=[{**x, 'keypoint': np.asarray(x['keypoint'], dtype)}
                     for x in annotations.values()])
    with atomic_write(path) as file:
        pickle.dump(content, file, protocol=pickle.HIGHEST_PROTOCOL)
