"""Check of one skeleton sequence, shared by the transforms and the datasets."""
import numpy as np


def sequence_name(results: dict) -> str:
    """Name a sequence for a message, by its ``frame_dir`` where it has one."""
    return f'sequence {results.get("frame_dir", "without frame_dir")!r}'


def check_keypoint(keypoint: np.ndarray,
                   name: str,
                   num_joints: int | None = None,
                   num_coords: int | None = None) -> None:
    """Check that a skeleton sequence can be trained on.

    Args:
        keypoint (np.ndarray): Joint coordinates (M, T, V, C), zeros where a joint is missing.
        name (str): What the message begins with, such as ``"sequence 'S001C001P001R001A001'"``.
        num_joints (int, optional): The V to expect. Defaults to None, which accepts any.
        num_coords (int, optional): The C to expect. Defaults to None, which accepts any.

    Raises:
        ValueError: If it is no array of numbers, its rank, joint count or coordinate count is not
            as expected, it has no persons or frames, or its values are all zero or not finite.
    """
    if not isinstance(keypoint, np.ndarray) or keypoint.dtype.kind not in 'fiu':
        kind = getattr(keypoint, 'dtype', type(keypoint).__name__)
        raise ValueError(f'{name}: the keypoint is of type {kind}, but a NumPy array of real '
                         'numbers is expected; convert it in the annotation file.')
    shape = keypoint.shape
    if len(shape) != 4:
        raise ValueError(f'{name}: the keypoint has the shape {shape}, but (persons M, frames T, '
                         'joints V, coordinates C) is expected; add or remove axes in the '
                         'annotation file.')
    if num_joints is not None and shape[2] != num_joints:
        raise ValueError(f'{name}: the keypoint of shape {shape} has {shape[2]} joints, but '
                         f'{num_joints} are configured; change the layout in the config, or the '
                         'annotation file.')
    if num_coords is not None and shape[3] != num_coords:
        raise ValueError(f'{name}: the keypoint of shape {shape} has {shape[3]} coordinates per '
                         f'joint, but {num_coords} are expected; use another annotation file.')
    if 0 in shape:
        raise ValueError(f'{name}: the keypoint of shape {shape} is empty, but at least one person '
                         'and one frame are expected; take the sequence out of the split.')
    if not np.isfinite(keypoint).all():
        raise ValueError(f'{name}: the keypoint has NaN or infinite values, but finite coordinates '
                         'are expected; repair them, or set missing joints to zero.')
    if not keypoint.any():
        raise ValueError(f'{name}: every frame of the keypoint is zero, but a skeleton is expected '
                         'in at least one; take the sequence out of the split.')
