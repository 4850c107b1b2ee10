"""Arrays that the authors' own preprocessing wrote: conversion.

That of the released code, and of others of its lineage (ST-GCN's).
"""
import pickle
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from .conversion import Converter
from .outcome import Outcome
from .text import MalformedFile


@dataclass(frozen=True)
class Row:
    """One sequence of an array.

    Args:
        name (str): Name of the sequence.
        label (int): Class, from 0.
        num_frames (int, optional): Its number of frames; None if that is not known.
        split (str): Name of its split.
        data (Path): The array.
        index (int): Its place in the array.
    """

    name: str
    label: int
    num_frames: int | None
    split: str
    data: Path
    index: int


def find_tasks(split: str, data: Path, labels: Path, num_frames: Path | None = None) -> list[Row]:
    """Find the sequences of a split.

    Args:
        split (str): Name of the split.
        data (Path): ``.npy`` file of joint coordinates (N, C, T, V, M).
        labels (Path): Pickle of ``(names, labels)``, which can run code while it is read, or
            ``.npy`` file of the N labels alone.
        num_frames (Path, optional): ``.npy`` file of the N numbers of frames. Defaults to None:
            what is empty at the end of a sequence is cut.

    Returns:
        list[Row]: The sequences.

    Raises:
        FileNotFoundError: If a file is not there.
        ValueError: If the files are not as described or do not belong together.
    """
    for path in filter(None, (data, labels, num_frames)):
        if not path.is_file():
            raise FileNotFoundError(f'{path} is no file; name an array of the split {split!r}.')
    shape = _load_array(data).shape
    if len(shape) != 5:
        raise ValueError(f'{data} has the shape {shape}, but (N, C, T, V, M) is expected; name the '
                         'array of joint coordinates.')
    names, classes = _load_labels(labels, split)
    if num_frames is None:
        frames = [None] * len(names)
    else:
        frames = _whole_numbers(_load_array(num_frames), num_frames)
    if not shape[0] == len(names) == len(classes) == len(frames):
        raise ValueError(f'Split {split!r} has {shape[0]} sequences, {len(names)} names, '
                         f'{len(classes)} labels and {len(frames)} numbers of frames; name files '
                         'that belong together.')
    if len(set(names)) < len(names):
        raise ValueError(f'{labels} has {len(names)} names, of which only {len(set(names))} are '
                         'different, but each names one sequence; correct them.')
    return [Row(*row, split, data, index)
            for index, row in enumerate(zip(names, classes, frames, strict=True))]


def _load_array(path: Path) -> np.ndarray:
    try:
        return np.load(path, mmap_mode='r')
    except (ValueError, EOFError) as error:
        raise ValueError(f'{path} is no .npy file of an array of numbers ({error}); name one, or '
                         'write it again.') from error


def _load_labels(path: Path, split: str) -> tuple[list[str], list[int]]:
    if path.suffix == '.npy':
        classes = _whole_numbers(_load_array(path), path)
        return [f'{split}_{i:06d}' for i in range(len(classes))], classes
    try:
        with open(path, 'rb') as file:
            names, classes = pickle.load(file, encoding='latin1')  # some are of Python 2
    except Exception as error:  # bytes that are no pickle can raise almost anything
        raise ValueError(f'{path} is no pickle of (names, labels) ({error}); name the one that '
                         'belongs to the array.') from error
    return [str(name).removesuffix('.skeleton') for name in names], _whole_numbers(classes, path)


def _whole_numbers(values: ArrayLike, path: Path) -> list[int]:
    numbers = np.asarray(values).ravel()
    # Some labels are whole numbers stored as floats.
    if numbers.dtype.kind not in 'iuf' or not (numbers >= 0).all() or (numbers % 1).any():
        raise ValueError(f'{path} holds {numbers[:5].tolist()}..., where whole numbers from 0 are '
                         'expected; name another file.')
    return numbers.astype(int).tolist()


@dataclass(frozen=True)
class ArrayConverter(Converter):
    """Converts sequences of arrays; a task is a :class:`Row`.

    Coordinates stay as they are: as a rule they are normalised already.
    """

    def sources(self, task: Row) -> list[Path]:
        """The array; what labels and numbers of frames say is in the task."""
        return [task.data]

    def convert(self, task: Row) -> Outcome:
        """Convert one sequence."""
        keypoint = np.array(_load_array(task.data)[task.index]).transpose(3, 1, 2, 0)  # (M, T, V, C)
        if not np.isfinite(keypoint).all():
            raise MalformedFile(task.data, f'row {task.index}', 'NaN or infinite, where coordinates '
                                'are finite.')
        num_frames = task.num_frames
        if num_frames is None:
            filled = np.flatnonzero(keypoint.any(axis=(0, 2, 3)))
            num_frames = filled.max(initial=-1) + 1
        outcome = Outcome()
        outcome.add_sequence(task.name, keypoint[:, :num_frames], task.label, (task.split, ))
        return outcome
