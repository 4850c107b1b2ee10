"""Checks of one annotation, shared by what reads annotation files."""
import math
import operator
from typing import Any

import numpy as np

from .transforms.checks import check_keypoint


def check_frames(annotation: dict,
                 name: str,
                 num_joints: int | None = None,
                 num_coords: int | None = None) -> None:
    """Check the keypoint of an annotation, as far as its ``total_frames`` says.

    Args:
        annotation (dict): Holds ``keypoint`` (M, T, V, C), and ``total_frames`` if it has one.
        name (str): What the message begins with.
        num_joints (int, optional): The V to expect. Defaults to None, which accepts any.
        num_coords (int, optional): The C to expect. Defaults to None, which accepts any.

    Raises:
        ValueError: If ``total_frames`` is not within the keypoint, or the keypoint is not as
            :func:`~hico_mm.datasets.transforms.checks.check_keypoint` expects it.
    """
    keypoint, total_frames = annotation['keypoint'], annotation.get('total_frames')
    is_sequence = isinstance(keypoint, np.ndarray) and keypoint.ndim == 4 and keypoint.size
    if total_frames is not None and is_sequence:
        is_number = isinstance(total_frames, int | np.integer)
        if not is_number or not 1 <= total_frames <= keypoint.shape[1]:
            raise ValueError(f'{name}: total_frames is {total_frames!r}, but the keypoint has '
                             f'{keypoint.shape[1]} frames; correct it in the annotation file.')
        keypoint = keypoint[:, :total_frames]
    check_keypoint(keypoint, name, num_joints, num_coords)


def check_label(label: Any, name: str, num_classes: int | None = None,
                multi_class: bool = False) -> int | list[int]:
    """Check a label.

    Args:
        label (Any): The class, or a sequence of classes if ``multi_class``.
        name (str): What the message begins with.
        num_classes (int, optional): Labels have to be below. Defaults to None (any label).
        multi_class (bool): Whether a sequence has several. Defaults to False.

    Returns:
        int or list[int]: The same, without NumPy's integers, which MMAction2 does not pack.

    Raises:
        ValueError: If a class is no whole number in range.
    """
    limit = math.inf if num_classes is None else num_classes
    try:
        labels = [operator.index(x) for x in (label if multi_class else [label])]
    except TypeError:
        labels = [-1]
    if not all(0 <= x < limit for x in labels):
        raise ValueError(f'{name}: the label is {label!r}, but a whole number from 0 to below '
                         f'num_classes={num_classes} is expected; correct the label, or '
                         'num_classes in the config.')
    return labels if multi_class else labels[0]
