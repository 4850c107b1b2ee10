"""Recordings of skeletons, from the forms in which people have them."""
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hico_mm.datasets.annotation_check import check_frames, check_label
from hico_mm.datasets.annotation_file import read_annotation_file, select_split
from hico_mm.datasets.raw.npy_folder import read_array, with_persons
from hico_mm.datasets.raw.ntu_rgbd import read_persons

from .class_names import name_class

FORMS = ('a pickle of annotations (.pkl), an array (.npy) of the shape (T, V, C) or (M, T, V, C), or a '
         '.skeleton file of NTU RGB+D')


@dataclass(frozen=True)
class Recording:
    """A sequence of skeletons as long as it is.

    Args:
        name (str): Name of the sequence.
        keypoint (np.ndarray): Joint coordinates (M, T, V, C), zeros where a joint is missing.
        label (int, optional): Its class. Defaults to None.
        class_name (str, optional): Name of its class. Defaults to None.
        file (str, optional): Annotation file that it is from. Defaults to None.
    """

    name: str
    keypoint: np.ndarray
    label: int | None = None
    class_name: str | None = None
    file: str | None = None


def read_recordings(source: str | os.PathLike | np.ndarray | dict,
                    split: str | None = None,
                    classes: Sequence[str] | None = None) -> Iterator[Recording]:
    """Read recordings one after the other.

    Args:
        source (str | os.PathLike | np.ndarray | dict): Path of an annotation pickle (it can run code:
            only one that you trust), a ``.npy`` array or a ``.skeleton`` file; an array (T, V, C) or
            (M, T, V, C); or one annotation.
        split (str, optional): Split of the annotation pickle. Defaults to None, for all of it.
        classes (Sequence[str], optional): Names of its classes. Defaults to None: what the annotations
            do not name is named by its number.

    Yields:
        Recording: A recording.

    Raises:
        FileNotFoundError: If there is no such file.
        KeyError: If an annotation has no keypoint.
        ValueError: If the file or the array is of another form, or cannot be read.
    """
    if isinstance(source, np.ndarray):
        yield Recording('array', with_persons(source, 'The array'))
    elif isinstance(source, dict):
        yield from_annotation(source, 'The annotation')
    elif isinstance(source, str | os.PathLike):
        yield from _read_file(Path(source), split, classes)
    else:
        raise ValueError(f'A {type(source).__name__} is no recording; give {FORMS}. Frames that come '
                         'one by one go to stream().')


def _read_file(path: Path, split: str | None,
               classes: Sequence[str] | None) -> Iterator[Recording]:
    readers = {'.npy': read_array, '.skeleton': _read_ntu}
    if split is not None and path.suffix in readers:
        raise ValueError(f'Only an annotation file has splits, but {split!r} is asked of {path}; leave '
                         'the split out.')
    if path.suffix in ('.pkl', '.pickle'):
        file = os.path.realpath(path)
        for annotation in select_split(read_annotation_file(str(path)), split, str(path)):
            name = f'{path}, sequence {annotation["frame_dir"]!r}'
            yield from_annotation(annotation, name, classes, file)
    elif path.suffix in readers:
        if not path.is_file():
            raise FileNotFoundError(f'Recording {path} does not exist (looked for {path.absolute()}). '
                                    f'Name {FORMS}.')
        yield Recording(path.stem, readers[path.suffix](path))
    else:
        raise ValueError(f'{path} is no recording by its ending {path.suffix!r}; name {FORMS}.')


def _read_ntu(path: Path) -> np.ndarray:
    keypoint = read_persons(path)  # as tools/data/ntu_rgbd.py
    seen = keypoint.any(axis=(1, 2, 3))
    if not seen.any():
        raise ValueError(f'{path} has no body in any of its {keypoint.shape[1]} frames; take another '
                         'recording.')
    return keypoint[seen]


def from_annotation(annotation: dict, name: str, classes: Sequence[str] | None = None,
                    file: str | None = None) -> Recording:
    """Take a recording out of an annotation.

    Args:
        annotation (dict): ``keypoint`` (M, T, V, C); optionally ``frame_dir``, ``total_frames``,
            ``label`` and ``class_name``.
        name (str): What the message begins with.
        classes (Sequence[str], optional): Names of classes, for one without. Defaults to None.
        file (str, optional): Annotation file that it is from. Defaults to None.

    Returns:
        Recording: The recording.

    Raises:
        KeyError: If there is no keypoint.
        ValueError: If keypoint or label are not as expected.
    """
    if 'keypoint' not in annotation:
        raise KeyError(f"{name} has no 'keypoint' among its keys {list(annotation)}; add the joint "
                       'coordinates, an array (M, T, V, C).')
    check_frames(annotation, name)
    label = annotation.get('label')
    if label is not None:
        label = check_label(label, name)
    return Recording(annotation.get('frame_dir', 'annotation'),
                     annotation['keypoint'][:, :annotation.get('total_frames')], label,
                     annotation.get('class_name') or name_class(label, classes), file)
