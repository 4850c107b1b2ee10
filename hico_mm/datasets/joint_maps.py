"""Joint maps: how the joints and axes of one layout follow from those of another.

A joint that both layouts have is taken as it is. For any other, ``STAND_INS`` lists what may stand
for it; so one table serves every pair of layouts, and a layout of one's own only has to name its joints.
"""
from collections.abc import Sequence

import numpy as np

from .layouts import SkeletonLayout

# Joint -> the alternatives, best first; the joint is the mean of the first whose joints the source has.
# Left is listed, right follows.
STAND_INS = dict(
    pelvis=[('left_hip', 'right_hip')],
    thorax=[('left_shoulder', 'right_shoulder')],
    spine=[('pelvis', 'thorax'), ('left_hip', 'right_hip', 'left_shoulder', 'right_shoulder')],
    # Of Kinect v1 and SMPL: close above the hips. Of SMPL: below the shoulders.
    lower_spine=[('pelvis', 'spine'), ('left_hip', 'right_hip')],
    upper_spine=[('spine', 'thorax'), ('lower_spine', 'thorax'), ('left_shoulder', 'right_shoulder')],
    neck=[('thorax', 'head'), ('left_shoulder', 'right_shoulder', 'left_ear', 'right_ear')],
    head=[('left_ear', 'right_ear')],
    nose=[('head', )],
    left_eye=[('head', )],
    left_inner_eye=[('left_eye', ), ('head', )],
    left_outer_eye=[('left_eye', ), ('head', )],
    left_ear=[('head', )],
    left_mouth=[('nose', ), ('head', )],
    left_collar=[('thorax', 'left_shoulder'), ('left_shoulder', )],
    # MediaPipe has the knuckles; the Kinects the middle of the hand, and v2 its tip.
    left_hand=[('left_wrist', 'left_pinky', 'left_index'), ('left_wrist', )],
    left_tip=[('left_pinky', 'left_index'), ('left_hand', ), ('left_wrist', )],
    left_thumb=[('left_hand', ), ('left_wrist', )],
    left_pinky=[('left_tip', ), ('left_hand', ), ('left_wrist', )],
    left_index=[('left_tip', ), ('left_hand', ), ('left_wrist', )],
    left_foot=[('left_ankle', )],
    left_heel=[('left_ankle', )],
)
STAND_INS |= {
    joint.replace('left_', 'right_'): [tuple(name.replace('left_', 'right_') for name in names)
                                       for names in alternatives]
    for joint, alternatives in STAND_INS.items() if joint.startswith('left_')}

# What an axis can point to, in the coordinates of a Kinect.
DIRECTIONS = dict(left=(1, 0, 0), right=(-1, 0, 0), up=(0, 1, 0), down=(0, -1, 0), away=(0, 0, 1),
                  toward=(0, 0, -1))


def joint_sources(source: SkeletonLayout, target: SkeletonLayout) -> tuple[tuple[int, ...], ...]:
    """Find which joints of one layout make up each joint of another.

    Args:
        source (SkeletonLayout): Layout that there is.
        target (SkeletonLayout): Layout that is wanted.

    Returns:
        tuple[tuple[int, ...], ...]: For each joint of the target the joints of the source whose mean
        it is.

    Raises:
        ValueError: If the source has nothing that stands for a joint.
    """
    return tuple(_sources_of(joint, source, target) for joint in target.joints)


def _sources_of(joint: str, source: SkeletonLayout, target: SkeletonLayout) -> tuple[int, ...]:
    for names in [(joint, ), *STAND_INS.get(joint, ())]:
        if set(names) <= set(source.joints):
            return tuple(source.joints.index(name) for name in names)
    raise ValueError(f'The layout {target.name!r} has the joint {joint!r}, but {source.name!r} has '
                     f'neither it nor anything that stands for it: {STAND_INS.get(joint, [])}. Add '
                     'what does to STAND_INS of hico_mm/datasets/joint_maps.py.')


def axes_matrix(source: Sequence[str], target: Sequence[str]) -> np.ndarray:
    """Find what turns coordinates of one system of axes into those of another.

    Between a right-handed and a left-handed system that takes a reflection: what is left of the person
    is left of the person in both.

    Args:
        source (Sequence[str]): Where x, y and z point, see
            :class:`~hico_mm.datasets.layouts.SkeletonLayout`.
        target (Sequence[str]): Where they are to point.

    Returns:
        np.ndarray: Matrix (3, 3), float32, that coordinates are multiplied by from the right.

    Raises:
        ValueError: If axes are not three directions that are perpendicular to one another.
    """
    # The rows are perpendicular unit vectors, so the transpose is the inverse.
    return (directions(source) @ directions(target).T).astype(np.float32)


def directions(axes: Sequence[str]) -> np.ndarray:
    """Write axes in the coordinates of a Kinect, a row (3, ) for each; see :func:`axes_matrix`."""
    known = isinstance(axes, list | tuple) and all(axis in DIRECTIONS for axis in axes)
    matrix = np.array([DIRECTIONS[axis] for axis in axes]) if known else np.zeros((3, 3))
    if matrix.shape != (3, 3) or not np.linalg.det(matrix):
        raise ValueError(f'The axes are {axes!r}, but the directions of x, y and z are expected: one of '
                         f'left and right, one of up and down, one of away and toward, as the camera '
                         "sees them, such as ('right', 'down', 'away').")
    return matrix
