"""Normalisation of skeletons, as in the paper's experiments."""
from collections.abc import Sequence

import numpy as np
import torch
from mmaction.registry import TRANSFORMS

from ..annotation_file import check_keypoint, sequence_name
from ..layouts import get_layout
from .base import Transform

IDENTITY = np.eye(3)
Z_AXIS = np.array([0., 0., 1.])
X_AXIS = np.array([1., 0., 0.])
# Vectors shorter than this have no direction to turn.
EPS = 1e-6


def as_float32(array: np.ndarray) -> np.ndarray:
    """Convert real numbers to float32, without a copy where they are so already."""
    if array.dtype == np.float16:  # of MMAction2's files; NumPy takes several times as long
        return torch.from_numpy(np.ascontiguousarray(array)).float().numpy()
    return np.asarray(array, dtype=np.float32)


def smallest_rotation(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Smallest rotation (3, 3) that takes a vector, if it has a length, to a unit vector's direction."""
    length = np.sqrt(source @ source)
    if length < EPS:
        return IDENTITY
    source = source / length
    between = source + target
    if between @ between < EPS**2:
        # Opposite directions: every half turn is smallest. For x this one is about z, so that the
        # body stays upright; for z it is about y.
        between = np.roll(target, 1)
    # Two reflections make the rotation in the plane of source and target: the first takes source to
    # -source, the second -source to target. Unlike the textbook formula it has no pole.
    return reflection(between) @ reflection(source)


def reflection(normal: np.ndarray) -> np.ndarray:
    """Reflection at the plane through the origin with a normal (3, ) of any length."""
    return IDENTITY - normal[:, None] * normal * (2 / (normal @ normal))


def fill_empty_frames(keypoint: np.ndarray) -> np.ndarray:
    """Close a late start of a person and fill the frames after the person has left.

    A person whose first frame is empty loses all empty frames, later gaps too; otherwise gaps stay. The
    empty tail then repeats the person from the first frame on. Persons without any frame stay empty.
    """
    filled = keypoint.any(axis=(2, 3))  # (M, T)
    if filled.all():
        return keypoint
    num_frames = keypoint.shape[1]
    keypoint = keypoint.copy()
    for person in np.flatnonzero(filled.any(axis=1)):
        frames = np.flatnonzero(filled[person])
        if filled[person, 0]:
            frames = np.arange(frames[-1] + 1)
        keypoint[person] = keypoint[person, np.resize(frames, num_frames)]
    return keypoint


def normalize_skeleton(keypoint: np.ndarray, center: int, zaxis: Sequence[int], xaxis: Sequence[int],
                       upright: bool = False) -> np.ndarray:
    """Fill, centre and turn a sequence (M, T, V, 3) as :class:`NormalizeSkeleton` says; float32."""
    keypoint = fill_empty_frames(as_float32(keypoint))
    # Where person 0 is missing its centre joint is zero, and nothing is subtracted.
    centered = keypoint - keypoint[0, :, center, None]
    if not keypoint.all():
        nonzero = keypoint != 0
        # On an axis of three, `any` takes several times as long.
        centered *= nonzero[..., 0:1] | nonzero[..., 1:2] | nonzero[..., 2:3]  # (M, T, V, 1)

    # float64 keeps nearly opposite directions apart, and on one frame it costs nothing.
    first = centered[0, 0].astype(np.float64)  # (V, 3)
    rotation = smallest_rotation(first[zaxis[1]] - first[zaxis[0]], Z_AXIS)
    first = first @ rotation.T
    shoulders = first[xaxis[0]] - first[xaxis[1]]
    if upright:
        shoulders[2] = 0
    rotation = smallest_rotation(shoulders, X_AXIS) @ rotation
    return (centered.reshape(-1, 3) @ rotation.T.astype(np.float32)).reshape(keypoint.shape)


@TRANSFORMS.register_module()
class NormalizeSkeleton(Transform):
    """Normalise position, direction and empty frames as the paper's experiments did.

    Missing frames are closed and filled (:func:`fill_empty_frames`). Each frame is centred on a
    joint of person 0 in that frame; missing (zero) joints stay zero. Then the trunk of person 0 in
    its first frame is turned to +z, and after it the line of its shoulders to +x. The source is the
    preprocessing of the released code. Unlike MMAction2's ``PreNormalize3D``, which centres on the
    first frame only, it removes the person's way through the room.

    Required keys: keypoint, total_frames (optional), frame_dir (optional). Modified keys: keypoint,
    total_frames.

    Args:
        layout: Preset that gives the joints, see :mod:`hico_mm.datasets.layouts`. Without one the next
            three arguments are needed.
        center: Joint that becomes the origin. Defaults to the layout's.
        zaxis: Joints ``(lower, upper)``; lower to upper is turned to +z. Defaults to the layout's.
        xaxis: Joints ``(right, left)``; right minus left is turned to +x. Defaults to the layout's.
        upright: Whether the shoulders are turned about z, so that the trunk stays at +z. Defaults to
            False, as released: the smallest rotation, which turns a person who faces away from the
            camera on their head, or half-way there.

    Raises:
        KeyError: If there is no such layout.
        ValueError: If joints are neither given nor in a layout.
    """

    def __init__(self, layout: str | None = None, center: int | None = None,
                 zaxis: Sequence[int] | None = None, xaxis: Sequence[int] | None = None,
                 upright: bool = False) -> None:
        self.layout, self.upright, self.num_joints = layout, upright, None
        if layout is not None:
            preset = get_layout(layout)
            self.num_joints = preset.num_joints
            center = preset.center if center is None else center
            zaxis = preset.zaxis if zaxis is None else zaxis
            xaxis = preset.xaxis if xaxis is None else xaxis
        got = f'NormalizeSkeleton got layout={layout}, center={center}, zaxis={zaxis}, xaxis={xaxis}'
        if center is None or zaxis is None or xaxis is None:
            raise ValueError(f'{got}; give a layout, or all of center, zaxis and xaxis.')
        if len(zaxis) != 2 or len(xaxis) != 2:
            raise ValueError(f'{got}, but an axis is a pair of joints; give two joint indices.')
        self.joints = (center, *zaxis, *xaxis)
        if min(self.joints) < 0:
            raise ValueError(f'{got}, but joints are counted from 0; give indices >= 0.')
        self.center, self.zaxis, self.xaxis = center, tuple(zaxis), tuple(xaxis)

    def transform(self, results: dict) -> dict:
        """Normalise one sequence (M, T, V, 3) to float32; a ``ValueError`` names one that is unfit."""
        name = sequence_name(results)
        keypoint = np.asarray(results['keypoint'])
        if keypoint.dtype == np.float16:
            keypoint = as_float32(keypoint)  # before the checks, which take longer in half precision
        if keypoint.ndim == 4:
            keypoint = keypoint[:, :results.get('total_frames')]
        check_keypoint(keypoint, name, num_joints=self.num_joints, num_coords=3)
        if max(self.joints) >= keypoint.shape[2]:
            raise ValueError(f'{name}: the keypoint has {keypoint.shape[2]} joints, numbered from '
                             f'0, but NormalizeSkeleton is to use joint {max(self.joints)}; give '
                             'a layout, or center, zaxis and xaxis, that suit the data.')
        results['keypoint'] = normalize_skeleton(
            keypoint, self.center, self.zaxis, self.xaxis, self.upright)
        results['total_frames'] = keypoint.shape[1]
        return results
