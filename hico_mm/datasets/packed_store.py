"""A packed store: an annotation file as a folder whose sequences are read from disk one by one.

| file            | what                                                                             |
|-----------------|----------------------------------------------------------------------------------|
| `store.json`    | format, V, C, sizes of the other files, splits                                   |
| `sequences.bin` | for each sequence two pickles: its other keys, and its keypoint                  |
| `index.npy`     | start, middle and stop of both: of all sequences, then of those of a split       |

Nothing is loaded when a store is opened, and processes share the memory-mapped index. Mapped sequences
would count as private memory of the process that touched them, so they are read.
"""
import io
import json
import os
import pickle
import shutil
import weakref
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hico_mm.utils import atomic_write, safe_pickle

from .annotation_file import check_annotation

FORMAT = 'hico_mm packed skeletons, version 2'
HEADER, SEQUENCES, INDEX = 'store.json', 'sequences.bin', 'index.npy'
UNLABELLED = -1  # in the range of labels
COMMAND = 'python tools/data/packed_store.py to ANNOTATIONS.pkl STORE'


class PackedStore(Sequence):
    """The annotations of a packed store or of one of its splits, or those at chosen indices (n, ).

    Another process gets the path instead of the data: pickling and copying open the store anew.
    """

    def __init__(self, path: str | os.PathLike, split: str | None = None,
                 chosen: np.ndarray | None = None) -> None:
        self.path, self.split, self.chosen = os.path.abspath(path), split, chosen
        header = _read_header(Path(self.path))
        self.splits: list[str] = list(header['splits'])
        if split is not None and split not in self.splits:
            raise ValueError(f'{self.path} has no split {split!r}; it has {sorted(self.splits)}.')
        part = header['all'] if split is None else header['splits'][split]
        self.label_range: tuple[int, int] = tuple(part['labels'])  # lowest, highest
        self.num_joints, self.num_coords = header['num_joints'], header['num_coords']
        index = np.load(os.path.join(self.path, INDEX), mmap_mode='r')[part['start']:part['stop']]
        # Not of the class np.memmap, which is slower at indexing.
        self._index = np.asarray(index if chosen is None else index[chosen])  # (sequences, 3)
        self._file = os.open(os.path.join(self.path, SEQUENCES), os.O_RDONLY)
        weakref.finalize(self, os.close, self._file)

    def __reduce__(self) -> tuple:
        return type(self), (self.path, self.split, self.chosen)

    def __len__(self) -> int:
        return len(self._index)

    def __getitem__(self, idx: int) -> dict:
        start, middle, stop = self._index[idx].tolist()
        keypoint = self._load(middle, stop)  # (M, T, V, C)
        return dict(self._load(start, middle), keypoint=keypoint)

    def header(self, idx: int) -> dict:
        """Read an annotation without its keypoint."""
        start, middle, _ = self._index[idx].tolist()
        return self._load(start, middle)

    def without_keypoint(self) -> list[dict]:
        """List the annotations without reading a keypoint."""
        return [self.header(idx) for idx in range(len(self))]

    def subset(self, chosen: slice | Sequence[int]) -> 'PackedStore':
        """Take some of the sequences."""
        numbers = np.arange(len(self)) if self.chosen is None else self.chosen
        return PackedStore(self.path, self.split, numbers[chosen])

    def _load(self, start: int, stop: int) -> Any:
        # Unlike `read`, `pread` has no position that forked workers would share.
        content = os.pread(self._file, stop - start, start)
        if len(content) != stop - start:
            raise ValueError(f'{self.path}/{SEQUENCES} ends within a sequence that it had when it was '
                             'opened. Leave a store alone while it is in use; make or copy it again.')
        try:
            return safe_pickle.load(io.BytesIO(content))
        except safe_pickle.Refused as error:
            raise ValueError(f'{self.path}/{SEQUENCES} {error}') from None


def _read_header(path: Path) -> dict:
    """Read ``store.json`` and compare it with the folder."""
    if not path.exists():
        raise FileNotFoundError(f'Packed store not found: {path}. Make it by `{COMMAND}`, or set path '
                                'to where you keep it.')
    try:
        header = json.loads((path / HEADER).read_bytes())
        if header['format'] != FORMAT:
            raise ValueError(f'its format is {header["format"]!r}')
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ValueError(f'{path} is no packed store ({type(error).__name__}: {error}), expected a '
                         f'folder with a {HEADER} of the format {FORMAT!r}. Make it from an annotation '
                         f'file by `{COMMAND}`.') from error
    for name, size in header['sizes'].items():
        file = path / name
        actual = file.stat().st_size if file.exists() else 'no'
        if actual != size:
            raise ValueError(f'{file} has {actual} bytes, but {size} are expected: the store is '
                             f'incomplete or mixed with another one. Copy it again, or make it again by '
                             f'`{COMMAND}`.')
    return header


def write_packed_store(path: str | os.PathLike, sequences: Iterable[tuple[dict, Iterable[str]]]) -> None:
    """Write a packed store, whole or not at all. Never more than one keypoint is held in memory.

    Every sequence is checked as ``SkeletonDataset`` would.

    Args:
        path: The folder to write, which must not exist yet.
        sequences: Annotations, each with the names of the splits that it is in: ``frame_dir``,
            ``keypoint`` (M, T, V, C) with V and C common to all, ``label`` if it has one, and further
            keys.

    Raises:
        ValueError: If the folder exists, there is no sequence, or one is not as described or named as
            another.
    """
    path = Path(path).absolute()
    if path.exists():
        raise ValueError(f'{path} exists. Delete it, or name another folder for the store.')
    folder = path.with_name(f'.{path.name}.{os.getpid()}.tmp')  # takes its name when it is complete
    joints, index, labels, splits, taken = {}, [], [], {}, set()
    try:
        with atomic_write(folder / SEQUENCES) as file:
            for number, (sequence, names) in enumerate(sequences):
                annotation = dict(sequence)
                name = f'sequence {annotation.get("frame_dir", number)!r}'
                keypoint = _take_keypoint(annotation, name, joints)
                if annotation['frame_dir'] in taken:
                    raise ValueError(f'{name} comes twice, but names are unique. Give every sequence a '
                                     'name of its own, and one of several splits once with all of them.')
                taken.add(annotation['frame_dir'])
                start = file.tell()
                pickle.dump(annotation, file, protocol=4)
                middle = file.tell()
                pickle.dump(keypoint, file, protocol=4)  # newer ones would load a read-only array
                index.append((start, middle, file.tell()))
                labels.append(annotation.get('label', UNLABELLED))
                for split in dict.fromkeys(names):
                    splits.setdefault(split, []).append(number)
        if not index:
            raise ValueError('There is no sequence to write into a packed store.')
        entries = [*index, *(index[number] for numbers in splits.values() for number in numbers)]
        with atomic_write(folder / INDEX) as file:
            np.save(file, np.array(entries))
        header = dict(format=FORMAT, **joints, all=_part(0, labels), splits={}, sizes={
            name: (folder / name).stat().st_size for name in (SEQUENCES, INDEX)})
        start = len(index)
        for name, numbers in splits.items():
            header['splits'][name] = _part(start, [labels[number] for number in numbers])
            start += len(numbers)
        with atomic_write(folder / HEADER) as file:
            file.write(json.dumps(header, indent=1).encode())
        os.rename(folder, path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _take_keypoint(annotation: dict, name: str, joints: dict) -> np.ndarray:
    """Check an annotation, compare its V and C with those of the first, and take its keypoint out."""
    if 'frame_dir' not in annotation:
        raise ValueError(f"{name}: there is no 'frame_dir' among its keys {list(annotation)}; add "
                         'the name of the sequence.')
    check_annotation(annotation, name)
    keypoint = np.ascontiguousarray(annotation.pop('keypoint'))
    own_joints = dict(num_joints=keypoint.shape[2], num_coords=keypoint.shape[3])
    joints.update(joints or own_joints)
    if joints != own_joints:
        raise ValueError(f'{name}: the keypoint has the shape {keypoint.shape}, but those before have '
                         f'{joints["num_joints"]} joints with {joints["num_coords"]} coordinates. Put '
                         'sequences of another kind into a store of their own.')
    return keypoint


def _part(start: int, labels: list[int]) -> dict:
    """Say where a part of the index is, and the range of its labels."""
    return dict(start=start, stop=start + len(labels), labels=[min(labels), max(labels)])
