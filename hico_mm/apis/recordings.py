"""Recordings of skeletons, read from the forms in which people have them."""
import os
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hico_mm.datasets.annotation_file import check_annotation, read_annotation_file, select_split
from hico_mm.datasets.layouts import DIRECTIONS
from hico_mm.datasets.raw.npy_folder import read_array, with_persons
from hico_mm.datasets.raw.ntu_rgbd import read_persons
from hico_mm.evaluation.functional import hash_joints
from hico_mm.utils import check_file
from hico_mm.utils.class_names import name_class
from hico_mm.utils.progress import track

ANNOTATIONS = ('.pkl', '.pickle')
FORMS = ('a pickle of annotations (.pkl), an array (.npy) of the shape (T, V, C) or (M, T, V, C), or a '
         '.skeleton file of NTU RGB+D')


@dataclass(frozen=True)
class Recording:
    """A sequence of skeletons as long as it is."""

    name: str
    keypoint: np.ndarray  # (M, T, V, C), zeros where a joint is missing
    label: int | None = None
    class_name: str | None = None
    content: str = ''  # hash of its joints; the windows of a stream have none


def add_array_arguments(parser: ArgumentParser) -> None:
    """Add to a command line what may be said of the axes and the unit of arrays."""
    parser.add_argument('--axes', nargs=3, choices=sorted(DIRECTIONS), metavar=('X', 'Y', 'Z'),
                        help='where the axes of the arrays point, as the camera sees them: left, right, '
                        'up, down, away or toward; default as usual for the layout')
    parser.add_argument('--scale', type=float, default=1., help='factor to metres, 0.001 for mm')
    parser.add_argument('--order', metavar='AXES', help='axes of the arrays, if not TVC or MTVC, such '
                        'as TMVC: persons M, frames T, joints V, coordinates C')


def read_recordings(source: Any, split: str | None = None,
                    classes_of: Callable[[Any], Sequence[str] | None] = lambda source: None,
                    longest_gap: int = 0, order: str | None = None,
                    number: str = '') -> Iterator[Recording]:
    """Read recordings one after the other, and check each; see ``SkeletonInferencer.__call__``.

    ``classes_of`` gives the names of the classes of an annotation file that does not name them itself.
    The number, in a list, is for messages and names.
    """
    if isinstance(source, list | tuple):
        for index, each in enumerate(source):
            yield from read_recordings(each, split, classes_of, longest_gap, order,
                                       f'{number}.{index}' if number else f' {index}')
        return
    classes = classes_of(source)
    for name, annotation in _read(source, split, order, number):
        annotation = {key: value for key, value in annotation.items() if value is not None}
        check_annotation(annotation, name, longest_gap=longest_gap)
        label = annotation.get('label')
        keypoint = annotation['keypoint'][:, :annotation.get('total_frames')]  # (M, T, V, C)
        class_name = annotation.get('class_name') or name_class(label, classes)
        yield Recording(str(annotation.get('frame_dir', f'annotation{number}')), keypoint, label,
                        class_name, hash_joints(keypoint))


def _read(source: Any, split: str | None, order: str | None, number: str) -> Iterator[tuple[str, dict]]:
    """Yield annotations, each with what a message about it begins with."""
    if isinstance(source, torch.Tensor):
        source = source.numpy(force=True)
    if isinstance(source, np.ndarray):
        name = f'array{number}'
        yield f'The {name}', dict(frame_dir=name, keypoint=with_persons(source, f'The {name}', order))
        return
    path = Path(source) if isinstance(source, str | os.PathLike) else None
    suffix = path.suffix.lower() if path else None
    if path and path.is_dir():
        raise ValueError(f'{path} is a folder. tools/data/npy.py makes an annotation file of a folder '
                         'of .npy arrays, tools/data/ntu_rgbd.py of .skeleton files; name that file.')
    if order is not None and suffix != '.npy':
        kind = path.suffix if path else type(source).__name__
        raise ValueError(f'Only arrays have their axes in an order such as {order!r}, but a {kind} is '
                         'given; leave the order out.')
    if isinstance(source, dict):
        yield f'The annotation{number}', source
        return
    if path is None:
        raise ValueError(f'A {type(source).__name__} is no recording; give {FORMS}. Frames that come '
                         'one by one go to stream().')
    readers = {'.npy': partial(read_array, order=order), '.skeleton': _read_ntu}
    if suffix in ANNOTATIONS:
        for annotation in track(select_split(read_annotation_file(str(path)), split, str(path))):
            yield f'{path}, sequence {annotation["frame_dir"]!r}', annotation
    elif suffix not in readers:
        raise ValueError(f'{path} is no recording by its ending {path.suffix!r}; name {FORMS}. '
                         'Recipes in tools/data/README.md make arrays of JSON, CSV and others.')
    elif split is not None:
        raise ValueError(f'Only an annotation file has splits, but {split!r} is asked of {path}; leave '
                         'the split out.')
    else:
        check_file(path, f'Name {FORMS}.', 'Recording')
        yield str(path), dict(frame_dir=path.stem, keypoint=readers[suffix](path))


def _read_ntu(path: Path) -> np.ndarray:
    keypoint = read_persons(path)  # as tools/data/ntu_rgbd.py
    return keypoint[keypoint.any(axis=(1, 2, 3))]  # only persons who are seen
