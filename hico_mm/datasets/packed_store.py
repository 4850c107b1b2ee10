"""A packed store: the sequences of an annotation file in a folder that is read piece by piece.

| file            | what                                                                          |
|-----------------|-------------------------------------------------------------------------------|
| `store.json`    | format, version, sizes of the other files, range of the labels, splits        |
| `keypoint.npy`  | (rows, V, C): the poses of all sequences, person by person, frame by frame    |
| `sequences.npy` | (sequences, ): for each, its place in `keypoint.npy` and its other keys       |
| `splits.npy`    | numbers of the sequences of one split after the other, increasing in each     |

Plain .npy files need no further package, and NumPy alone can read them. Nothing is loaded when a
store is opened: `sequences.npy` and `splits.npy` are memory-mapped, so processes share their pages.
A sequence of `keypoint.npy` is read into an array of its own, out of the system's page cache, which
processes share too. Mapped, the pages that a single process has touched would be its private
memory, up to the whole file for a single worker, and a random access would fetch neighbours.
"""
import json
import os
import weakref
from collections.abc import Sequence
from pathlib import Path

import numpy as np

FORMAT, VERSION = 'hico_mm packed skeletons', 1
HEADER, KEYPOINT, SEQUENCES, SPLITS = 'store.json', 'keypoint.npy', 'sequences.npy', 'splits.npy'
UNLABELLED = -1  # in `sequences.npy`, which has a label for every sequence
COMMAND = 'python tools/data/packed_store.py to ANNOTATIONS.pkl STORE'


class PackedStore(Sequence):
    """The annotations of a packed store, or of one of its splits, each read when it is asked for.

    Another process gets the path instead of the data: pickling and copying open the store anew.

    Args:
        path (str or os.PathLike): The folder.
        split (str, optional): The split to take; None takes every sequence.
        chosen (np.ndarray, optional): Which of these to keep, (n, ) whole numbers. Defaults to all.

    Attributes:
        label_range (tuple[int, int]): Lowest and highest label; the lowest is ``UNLABELLED`` if a
            sequence has none.
        num_joints (int): V of every sequence.
        num_coords (int): C of every sequence.
        splits (list[str]): Names of the splits.

    Raises:
        FileNotFoundError: If there is no such folder.
        ValueError: If it is no store, of another version, incomplete, or has no such split.
    """

    def __init__(self, path: str | os.PathLike, split: str | None = None,
                 chosen: np.ndarray | None = None) -> None:
        self.path, self.split, self.chosen = os.path.abspath(path), split, chosen
        header = _read_header(Path(self.path))
        self.splits = list(header['splits'])
        self._sequences = self._map(SEQUENCES)
        if split is None:
            selected, self._numbers = header['all'], range(len(self._sequences))
        elif split in header['splits']:
            selected = header['splits'][split]
            self._numbers = self._map(SPLITS)[selected['start']:selected['stop']]
        else:
            raise ValueError(f'{self.path} has no split {split!r}; it has {sorted(self.splits)}.')
        if chosen is not None:
            self._numbers = np.asarray(self._numbers)[chosen]
        self.label_range = tuple(selected['labels'])

        keypoint = np.load(os.path.join(self.path, KEYPOINT), mmap_mode='r')  # for its header alone
        self._dtype, self._first_byte = keypoint.dtype, keypoint.offset
        self.num_joints, self.num_coords = keypoint.shape[1:]
        self._file = os.open(os.path.join(self.path, KEYPOINT), os.O_RDONLY)
        weakref.finalize(self, os.close, self._file)

    def __reduce__(self) -> tuple:
        return type(self), (self.path, self.split, self.chosen)

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, idx: int) -> dict:
        """Read one annotation.

        Args:
            idx (int): Number of the sequence, in the split if there is one.

        Returns:
            dict: ``keypoint`` (M, T, V, C), an array of its own, ``frame_dir``, ``label`` if it has
            one, and the further keys of the annotation file.
        """
        row = self._sequences[self._numbers[idx]]
        annotation = {key: value.decode() if isinstance(value, bytes) else value
                      for key, value in zip(row.dtype.names, row.item(), strict=True)}
        if annotation['label'] == UNLABELLED:
            del annotation['label']
        annotation['keypoint'] = self._read_keypoint(*annotation['keypoint'])
        return annotation

    def without_keypoint(self) -> list[dict]:
        """List ``frame_dir``, and ``label`` where there is one, of every sequence, reading no more."""
        rows = self._sequences[self._numbers]
        return [dict(frame_dir=name.decode(), **({} if label == UNLABELLED else dict(label=label)))
                for name, label in zip(rows['frame_dir'].tolist(), rows['label'].tolist(), strict=True)]

    def names(self) -> list[str]:
        """List the ``frame_dir`` of every sequence."""
        return [name.decode() for name in self._sequences['frame_dir'][self._numbers].tolist()]

    def subset(self, chosen: slice | Sequence[int]) -> 'PackedStore':
        """Take some of the sequences.

        Args:
            chosen (slice or Sequence[int]): Their numbers.

        Returns:
            PackedStore: A store of these.
        """
        numbers = np.arange(len(self)) if self.chosen is None else self.chosen
        return PackedStore(self.path, self.split, numbers[chosen])

    def _map(self, name: str) -> np.ndarray:
        # The class np.memmap, slower at indexing, stays behind.
        return np.asarray(np.load(os.path.join(self.path, name), mmap_mode='r'))

    def _read_keypoint(self, first_pose: int, num_persons: int, num_frames: int) -> np.ndarray:
        """Read a sequence, (M, T, V, C)."""
        shape = (num_persons, num_frames, self.num_joints, self.num_coords)
        keypoint = np.empty(shape, self._dtype)
        pose = self.num_joints * self.num_coords * self._dtype.itemsize  # bytes
        # Unlike `read`, it has no position that forked workers would share.
        num_read = os.preadv(self._file, [keypoint], self._first_byte + first_pose * pose)
        if num_read != keypoint.nbytes:
            raise ValueError(f'{self.path}/{KEYPOINT} ends within a sequence that it had when it was '
                             'opened. Leave a store alone while it is in use; make or copy it again.')
        return keypoint


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
                         f'folder with a {HEADER}. Make one from an annotation file by `{COMMAND}`.'
                         ) from error
    if header.get('version') != VERSION:
        raise ValueError(f'{path} is a packed store of version {header.get("version")!r}, but version '
                         f'{VERSION} is expected. Make it again by `{COMMAND}`.')
    for name, size in header['sizes'].items():
        file = path / name
        actual = file.stat().st_size if file.exists() else 'no'
        if actual != size:
            raise ValueError(f'{file} has {actual} bytes, but {size} are expected: the store is '
                             'incomplete or mixed with another one. Copy it again, or make it again '
                             f'by `{COMMAND}`.')
    return header
