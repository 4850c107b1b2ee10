"""Arrays that the authors' own preprocessing wrote, or other code derived from ST-GCN's."""
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from hico_mm.utils.safe_pickle import read_pickle

from .conversion import Outcome
from .files import MalformedFile

REMEDY = 'Give the labels that belong to the array.'


@dataclass(frozen=True)
class Row:
    """One sequence of an array."""

    name: str
    label: int
    num_frames: int | None  # None if that is not known
    split: str
    data: Path  # the array
    index: int  # of the sequence in the array


def find_tasks(split: str, data: Path, labels: Path, num_frames: Path | None = None) -> list[Row]:
    """Find the sequences of a split in an array of joint coordinates (N, C, T, V, M).

    ``labels`` is an array, too, or a pickle of ``(names, labels)``, perhaps of Python 2.
    Without ``num_frames``, an array, empty frames at the end of a sequence are cut.
    """
    for path in filter(None, (data, labels, num_frames)):
        if not path.is_file():
            raise FileNotFoundError(f'{path} is not a file. Give an array of the split {split!r}.')
    shape = _load_array(data).shape
    if len(shape) != 5:
        raise ValueError(f'{data} has the shape {shape}, but (N, C, T, V, M) is expected. Give the '
                         'array of joint coordinates.')
    names, classes = _load_labels(labels, split)
    frames = _whole_numbers(_load_array(num_frames), num_frames) if num_frames else [None] * len(names)
    if not shape[0] == len(names) == len(classes) == len(frames):
        raise ValueError(f'Split {split!r} has {shape[0]} sequences, {len(names)} names, '
                         f'{len(classes)} labels and {len(frames)} numbers of frames. Give files '
                         'that belong together.')
    if len(set(names)) < len(names):
        raise ValueError(f'{labels} has {len(names)} names, but only {len(set(names))} of them are '
                         'different. Give every sequence its own name.')
    return [Row(*row, split, data, index)
            for index, row in enumerate(zip(names, classes, frames, strict=True))]


def _load_array(path: Path) -> np.ndarray:
    try:
        return np.load(path, mmap_mode='r')
    except (ValueError, EOFError) as error:
        raise ValueError(f'{path} is not a .npy file of numbers ({error}). Write it again.') from error


def _load_labels(path: Path, split: str) -> tuple[list[str], list[int]]:
    if path.suffix.lower() == '.npy':
        classes = _whole_numbers(_load_array(path), path)
        return [f'{split}_{i:06d}' for i in range(len(classes))], classes
    content = read_pickle(path, REMEDY)
    try:
        names, classes = content
    except (TypeError, ValueError) as error:
        raise ValueError(f'{path} is not a pickle of (names, labels) ({error}). {REMEDY}') from error
    names = [re.sub(r'\.skeleton$', '', str(name), flags=re.IGNORECASE) for name in names]
    return names, _whole_numbers(classes, path)


def _whole_numbers(values: ArrayLike, path: Path) -> list[int]:
    numbers = np.asarray(values).ravel()
    # Some labels are whole numbers stored as floats.
    is_number = numbers.dtype.kind in 'iuf' and ((numbers >= 0) & (numbers < 2**31)).all()
    if not is_number or (numbers % 1).any():
        raise ValueError(f'{path} holds {numbers[:5].tolist()}..., expected whole numbers from 0.')
    return numbers.astype(int).tolist()


def convert_row(row: Row) -> Outcome:
    """Convert one sequence. Its coordinates stay as they are: usually they are normalised already."""
    with np.errstate(over='ignore'):
        keypoint = np.array(_load_array(row.data)[row.index], np.float32).transpose(3, 1, 2, 0)  # MTVC
    if not np.isfinite(keypoint).all():
        raise MalformedFile(row.data, f'row {row.index}', 'expected finite coordinates, got NaN, '
                            'infinity or more than float32 holds.')
    num_frames = row.num_frames
    if num_frames is None:
        filled = np.flatnonzero(keypoint.any(axis=(0, 2, 3)))
        num_frames = filled.max(initial=-1) + 1
    outcome = Outcome()
    outcome.add_sequence(row.name, keypoint[:, :num_frames], row.label, (row.split, ))
    return outcome
