"""Check of one skeleton sequence, shared by the transforms and the datasets."""
import numpy as np

from ..layouts import layout_advice


def sequence_name(results: dict) -> str:
    """Name a sequence for a message, by its ``frame_dir`` where it has one."""
    if 'frame_dir' not in results:
        return 'a sequence without frame_dir'
    return f'sequence {results["frame_dir"]!r}'


def coords_advice(num_coords: int, expected: int) -> str:
    """Say what to do about joints of another number of coordinates.

    Args:
        num_coords (int): C of the skeletons that there are.
        expected (int): C that is expected.

    Returns:
        str: A sentence that ends a message.
    """
    if num_coords < expected:
        return f'A {expected}-D pose is needed, such as one lifted from the {num_coords}-D pose.'
    return f'Leave out what is none, such as a confidence: keypoint[..., :{expected}].'


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
                         f'{num_joints} are configured; correct layout and num_joints in the config, or '
                         f'map the joints. {layout_advice(shape[2])}')
    if num_coords is not None and shape[3] != num_coords:
        raise ValueError(f'{name}: the keypoint of shape {shape} has {shape[3]} coordinates per '
                         f'joint, but {num_coords} are expected. {coords_advice(shape[3], num_coords)}')
    if 0 in shape:
        raise ValueError(f'{name}: the keypoint of shape {shape} is empty, but at least one person '
                         'and one frame are expected; take the sequence out of the split.')
    finite = np.isfinite(keypoint)
    if not finite.all():
        person, frame, joint, _ = np.argwhere(~finite)[0]
        raise ValueError(f'{name}: the keypoint has NaN or infinite values, such as in frame {frame}, '
                         f'joint {joint} of person {person} (from 0), but finite coordinates are '
                         'expected; repair them, or set missing joints to zero.')
    if not keypoint.any():
        raise ValueError(f'{name}: every frame of the keypoint is zero, but a skeleton is expected '
                         'in at least one; take the sequence out of the split.')
