"""Recordings of skeletons, read from the forms in which people have them, and cut into windows."""
import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hico_mm.datasets.annotation_file import (
    check_frames,
    check_label,
    read_annotation_file,
    select_split,
)
from hico_mm.datasets.raw.npy_folder import read_array, with_persons
from hico_mm.datasets.raw.ntu_rgbd import read_persons
from hico_mm.utils.class_names import name_class

FORMS = ('a pickle of annotations (.pkl), an array (.npy) of the shape (T, V, C) or (M, T, V, C), or a '
         '.skeleton file of NTU RGB+D')


@dataclass(frozen=True)
class Recording:
    """A sequence of skeletons as long as it is."""

    name: str
    keypoint: np.ndarray  # (M, T, V, C), zeros where a joint is missing
    label: int | None = None
    class_name: str | None = None
    file: str | None = None  # the annotation file that it is from


def read_recordings(source: str | os.PathLike | np.ndarray | dict, split: str | None = None,
                    classes: Sequence[str] | None = None) -> Iterator[Recording]:
    """Read recordings one after the other, and check each; see ``SkeletonInferencer.__call__``.

    ``classes`` are the names of the classes of an annotation file that does not name them itself.
    """
    file = None
    if isinstance(source, str | os.PathLike) and Path(source).suffix in ('.pkl', '.pickle'):
        file = os.path.realpath(source)
    for name, annotation in _read(source, split):
        if 'keypoint' not in annotation:
            raise KeyError(f"{name} has no 'keypoint' among its keys {list(annotation)}; add the joint "
                           'coordinates, an array (M, T, V, C).')
        check_frames(annotation, name)
        label = annotation.get('label')
        if label is not None:
            label = check_label(label, name)
        keypoint = annotation['keypoint'][:, :annotation.get('total_frames')]  # (M, T, V, C)
        class_name = annotation.get('class_name') or name_class(label, classes)
        yield Recording(annotation.get('frame_dir', 'annotation'), keypoint, label, class_name, file)


def _read(source: Any, split: str | None) -> Iterator[tuple[str, dict]]:
    """Yield annotations, each with what a message about it begins with."""
    if isinstance(source, np.ndarray):
        yield 'The array', dict(frame_dir='array', keypoint=with_persons(source, 'The array'))
    elif isinstance(source, dict):
        yield 'The annotation', source
    elif isinstance(source, str | os.PathLike):
        yield from _read_file(Path(source), split)
    else:
        raise ValueError(f'A {type(source).__name__} is no recording; give {FORMS}. Frames that come '
                         'one by one go to stream().')


def _read_file(path: Path, split: str | None) -> Iterator[tuple[str, dict]]:
    readers = {'.npy': read_array, '.skeleton': _read_ntu}
    if path.suffix in ('.pkl', '.pickle'):
        for annotation in select_split(read_annotation_file(str(path)), split, str(path)):
            yield f'{path}, sequence {annotation["frame_dir"]!r}', annotation
    elif path.suffix not in readers:
        raise ValueError(f'{path} is no recording by its ending {path.suffix!r}; name {FORMS}.')
    elif split is not None:
        raise ValueError(f'Only an annotation file has splits, but {split!r} is asked of {path}; leave '
                         'the split out.')
    elif not path.is_file():
        raise FileNotFoundError(f'Recording {path} does not exist (looked for {path.absolute()}). '
                                f'Name {FORMS}.')
    else:
        yield str(path), dict(frame_dir=path.stem, keypoint=readers[path.suffix](path))


def _read_ntu(path: Path) -> np.ndarray:
    keypoint = read_persons(path)  # as tools/data/ntu_rgbd.py
    seen = keypoint.any(axis=(1, 2, 3))
    if not seen.any():
        raise ValueError(f'{path} has no body in any of its {keypoint.shape[1]} frames; take another '
                         'recording.')
    return keypoint[seen]


def check_window(window: int | None, stride: int | None) -> None:
    """Refuse windows that cannot slide: sizes below 1, or a stride without a window."""
    for name, value in dict(window=window, stride=stride).items():
        if value is not None and value < 1:
            raise ValueError(f'{name} is {value}, but at least 1 frame is expected.')
    if stride is not None and window is None:
        raise ValueError(f'stride is {stride}, but without a window a recording is taken whole. Give '
                         'the window, in frames, too.')


def slide(frames: Iterable[np.ndarray], window: int, stride: int | None = None,
          name: str = 'The stream') -> Iterator[tuple[int, int, np.ndarray]]:
    """Cut frames (V, C) or (M, V, C) into windows, and yield each as soon as it is complete.

    A window starts every ``stride`` frames, by default every half a window. If frames are left over at
    the end, one more window ends with the last frame. Yields the number of the first frame, that of the
    last plus 1, and the joints (M, window, V, C).
    """
    stride = stride or max(window // 2, 1)
    latest = deque(maxlen=window)
    number, end = 0, None
    for number, frame in enumerate(frames, start=1):
        latest.append(_check_frame(frame, latest, f'{name}, frame {number - 1}'))
        if number >= window and (number - window) % stride == 0:
            end = number
            yield end - window, end, _stack_frames(latest)
    if number < window:
        raise ValueError(f'{name} has {number} frames, fewer than a window of {window}. Take a smaller '
                         'window or, for a recording, none, which takes it whole.')
    if end != number:
        yield number - window, number, _stack_frames(latest)


def _check_frame(frame: np.ndarray, earlier: Sequence[np.ndarray], name: str) -> np.ndarray:
    """Return a frame as (M, V, C), or say what is wrong with it."""
    frame = np.asarray(frame)
    if frame.ndim not in (2, 3) or frame.dtype.kind not in 'fiu':
        raise ValueError(f'{name} is an array of {frame.dtype} of the shape {frame.shape}, but real '
                         'numbers of the shape (V, C) or, with several persons, (M, V, C) are expected.')
    frame = frame if frame.ndim == 3 else frame[None]
    if earlier and frame.shape[1:] != earlier[-1].shape[1:]:
        raise ValueError(f'{name} has (joints, coordinates) = {frame.shape[1:]}, but the frames before '
                         f'have {earlier[-1].shape[1:]}. Leave no joint out; a missing one is zeros.')
    return frame


def _stack_frames(frames: Sequence[np.ndarray]) -> np.ndarray:
    """Stack T frames, each (M, V, C) with any M, to (M, T, V, C); zeros where a person is missing."""
    num_persons = max(len(frame) for frame in frames)
    stacked = np.zeros((num_persons, len(frames), *frames[0].shape[1:]), frames[0].dtype)
    for number, frame in enumerate(frames):
        stacked[:len(frame), number] = frame
    return stacked
