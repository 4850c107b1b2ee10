"""Writes packed stores, sequence by sequence."""
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

from hico_mm.utils import atomic_write

from .annotation_check import check_frames, check_label
from .packed_store import FORMAT, HEADER, KEYPOINT, SEQUENCES, SPLITS, UNLABELLED, VERSION

# Where a sequence is in the file of keypoints.
PLACE = np.dtype([('first_pose', '<i8'), ('num_persons', '<i4'), ('num_frames', '<i4')])
TYPES = {bool: '?', int: '<i8', float: '<f8', str: 'S'}  # str in UTF-8


def write_packed_store(path: str | os.PathLike,
                       sequences: Iterable[tuple[dict, Iterable[str]]]) -> None:
    """Write a packed store, whole or not at all. Never more than one keypoint is held in memory.

    Every sequence is checked as ``SkeletonDataset`` would.

    Args:
        path (str or os.PathLike): The folder to write, which must not exist yet.
        sequences (Iterable[tuple[dict, Iterable[str]]]): Annotations, each with the names of the
            splits that it is in: ``frame_dir``, ``keypoint`` (M, T, V, C) with V, C and type common to
            all, ``label`` if it has one, and further keys, the same in all, each a whole number, a
            float, a bool or a string.

    Raises:
        ValueError: If the folder exists, there is no sequence, or one is not as described.
    """
    path = Path(path).absolute()
    if path.exists():
        raise ValueError(f'{path} exists. Delete it, or name another folder for the store.')
    with _atomic_folder(path) as folder:
        table = _Table()
        with atomic_write(folder / KEYPOINT) as file:
            _write_keypoints(file, sequences, table)
        content = table.content()
        with atomic_write(folder / SEQUENCES) as file:
            np.save(file, content)
        with atomic_write(folder / SPLITS) as file:
            np.save(file, np.concatenate([np.zeros(0, np.int64), *table.splits.values()]))
        with atomic_write(folder / HEADER) as file:
            file.write(json.dumps(_header(folder, content['label'], table.splits), indent=1).encode())


def _write_keypoints(file: BinaryIO, sequences: Iterable[tuple[dict, Iterable[str]]],
                     table: '_Table') -> None:
    """Write all poses, (rows, V, C), and gather the rest."""
    layout, num_poses = None, 0
    for number, (sequence, splits) in enumerate(sequences):
        name = f'sequence {sequence.get("frame_dir", number)!r}'
        for key in ('frame_dir', 'keypoint'):
            if key not in sequence:
                raise ValueError(f'{name}: there is no {key!r} among its keys {list(sequence)}; add it.')
        check_frames(sequence, name)
        keypoint = sequence['keypoint']
        num_persons, num_frames = keypoint.shape[:2]
        if layout is None:
            layout = (*keypoint.shape[2:], keypoint.dtype)
            _write_array_header(file, 0, *layout)
        elif layout != (*keypoint.shape[2:], keypoint.dtype):
            raise ValueError(
                f'{name}: the keypoint has the shape {keypoint.shape} and the type {keypoint.dtype}, '
                f'but those before have {layout[0]} joints, {layout[1]} coordinates and the type '
                f'{layout[2]}. Put sequences of another kind into a store of their own.')
        table.add(name, sequence, (num_poses, num_persons, num_frames), splits)
        file.write(keypoint.tobytes())
        num_poses += num_persons * num_frames
    if layout is None:
        raise ValueError('There is no sequence to write into a packed store.')
    file.seek(0)
    _write_array_header(file, num_poses, *layout)


def _write_array_header(file: BinaryIO, num_poses: int, num_joints: int, num_coords: int,
                        dtype: np.dtype) -> None:
    # NumPy pads it, so that any number of poses takes the same room.
    np.lib.format.write_array_header_1_0(
        file, dict(descr=np.lib.format.dtype_to_descr(dtype), fortran_order=False,
                   shape=(num_poses, num_joints, num_coords)))


class _Table:
    """What is known of the sequences beside their poses, gathered in columns."""

    def __init__(self) -> None:
        self.splits: dict[str, list[int]] = {}  # numbers of the sequences
        self._places: list[tuple[int, int, int]] = []
        self._columns: dict[str, list] = {}
        self._types: dict[str, type] = {}

    def add(self, name: str, sequence: dict, place: tuple[int, int, int],
            splits: Iterable[str]) -> None:
        """Add a sequence, and refuse one that the columns cannot hold."""
        values = {key: value.item() if isinstance(value, np.generic) else value
                  for key, value in sequence.items() if key != 'keypoint'}
        values['label'] = check_label(values['label'], name) if 'label' in values else UNLABELLED
        types = {key: type(value) for key, value in values.items()}
        for key, kind in types.items():
            if kind not in TYPES:
                raise ValueError(f'{name}: {key!r} is of type {kind.__name__}, but beside the keypoint '
                                 'a packed store keeps only numbers and strings. Drop the key.')
        if not self._places:
            self._types, self._columns = types, {key: [] for key in types}
        elif types != self._types:
            key = next(key for key in {**types, **self._types}
                       if types.get(key) is not self._types.get(key))
            now, before = (getattr(x.get(key), '__name__', 'missing') for x in (types, self._types))
            raise ValueError(f'{name}: {key!r} is {now}, but {before} in the sequences before. Give all '
                             'the same keys and types, or drop the key.')
        for split in splits:
            self.splits.setdefault(split, []).append(len(self._places))
        self._places.append(place)
        for key, value in values.items():
            self._columns[key].append(value.encode() if isinstance(value, str) else value)

    def content(self) -> np.ndarray:
        """Make one record a sequence, (sequences, )."""
        columns = {key: np.array(values, TYPES[self._types[key]])
                   for key, values in self._columns.items()}
        columns['keypoint'] = np.array(self._places, PLACE)
        content = np.empty(len(self._places), [(key, x.dtype) for key, x in columns.items()])
        for key, column in columns.items():
            content[key] = column
        return content


def _header(folder: Path, labels: np.ndarray, splits: dict[str, list[int]]) -> dict:
    """Make what a reader needs to know without a look at the arrays."""
    def label_range(part: np.ndarray) -> list[int]:
        return [int(part.min()), int(part.max())]

    header = dict(format=FORMAT, version=VERSION,
                  sizes={name: (folder / name).stat().st_size for name in (KEYPOINT, SEQUENCES, SPLITS)},
                  all=dict(labels=label_range(labels)), splits={})
    start = 0
    for name, numbers in splits.items():
        stop = start + len(numbers)
        header['splits'][name] = dict(start=start, stop=stop, labels=label_range(labels[numbers]))
        start = stop
    return header


@contextmanager
def _atomic_folder(path: Path) -> Iterator[Path]:
    """Make a folder that takes its name only when it is complete.

    A killed process leaves a hidden folder beside it.
    """
    # Beside it, since a rename is atomic only within a file system.
    unfinished = path.with_name(f'.{path.name}.{os.getpid()}.tmp')
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        yield unfinished
        os.rename(unfinished, path)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
