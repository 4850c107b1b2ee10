"""Skeleton sequences in ``.npy`` files."""
import os.path as osp
from pathlib import Path

import numpy as np


def read_array(path: Path) -> np.ndarray:
    """Read a ``.npy`` file.

    Args:
        path (Path): The file.

    Returns:
        np.ndarray: Joint coordinates (M, T, V, C).

    Raises:
        ValueError: If it cannot be read, or is no such array.
    """
    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise ValueError(f'{path} ({osp.getsize(path)} bytes) cannot be read as an array of numbers: '
                         f'{error}. Write it by numpy.save, of an array of numbers.') from error
    return with_persons(array, str(path))


def with_persons(array: np.ndarray, name: str) -> np.ndarray:
    """Give the array of one person the axis of the persons.

    Args:
        array (np.ndarray): (T, V, C) or (M, T, V, C).
        name (str): What the message begins with.

    Returns:
        np.ndarray: (M, T, V, C).

    Raises:
        ValueError: If it has another number of axes.
    """
    if array.ndim not in (3, 4):
        raise ValueError(f'{name} has the shape {array.shape}, but (T, V, C) or, with several persons, '
                         '(M, T, V, C) is expected: persons M, frames T, joints V, coordinates C. '
                         'Reshape it.')
    return array if array.ndim == 4 else array[None]
