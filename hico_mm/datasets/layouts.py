"""Skeleton layouts: joints, bones and axes of a sensor or a pose estimator."""
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from numbers import Integral

import numpy as np

KINECT_AXES = ('left', 'up', 'away')
CAMERA_AXES = ('right', 'down', 'away')
# What an axis can point to, in the coordinates of a Kinect.
DIRECTIONS = dict(left=(1, 0, 0), right=(-1, 0, 0), up=(0, 1, 0), down=(0, -1, 0), away=(0, 0, 1),
                  toward=(0, 0, -1))


@dataclass(frozen=True)
class SkeletonLayout:
    """Joint order of a sensor or a pose estimator, by 0-based joint indices.

    Args:
        name: Name by which configs refer to the layout.
        joints: Names of the V joints. A name stands for the same place of the body in every layout;
            left is the person's left.
        parents: Parent of each of the V joints; the root is its own parent.
        center: Joint that becomes the origin of every frame.
        zaxis: ``(lower, upper)``; lower to upper is turned to +z.
        xaxis: ``(right, left)``; right minus left is turned to +x.
        axes: Where x, y and z usually point, as the camera sees it: 'left', 'right', 'up', 'down',
            'away' from it or 'toward' it.
    """

    name: str
    joints: tuple[str, ...]
    parents: tuple[int, ...]
    center: int
    zaxis: tuple[int, int]
    xaxis: tuple[int, int]
    axes: tuple[str, str, str]

    @property
    def num_joints(self) -> int:
        """Number of joints V."""
        return len(self.parents)


def _sides(*parts: str) -> tuple[str, ...]:
    """Name parts of the body, left before right: left_eye, right_eye, left_ear, ..."""
    return tuple(f'{side}_{part}' for part in parts for side in ('left', 'right'))


def _limb(side: str, *parts: str) -> tuple[str, ...]:
    return tuple(f'{side}_{part}' for part in parts)


_ARM = ('shoulder', 'elbow', 'wrist')
_LEG = ('hip', 'knee', 'ankle')
_KINECT_LIMBS = (*_limb('left', *_ARM, 'hand'), *_limb('right', *_ARM, 'hand'),
                 *_limb('left', *_LEG, 'foot'), *_limb('right', *_LEG, 'foot'))

# Kinect v2 (learn.microsoft.com, JointType and CameraSpacePoint of Kinect 2.0), the joints of NTU
# RGB+D and PKU-MMD: 0 base of the spine, 1 its middle, 20 spine between the shoulders (root).
NTU_RGBD = SkeletonLayout(
    name='nturgb+d',
    joints=('pelvis', 'spine', 'neck', 'head', *_KINECT_LIMBS, 'thorax', *_limb('left', 'tip', 'thumb'),
            *_limb('right', 'tip', 'thumb')),
    parents=(1, 20, 20, 2, 20, 4, 5, 6, 20, 8, 9, 10, 0, 12, 13, 14, 0, 16, 17, 18, 20, 22, 7, 24, 11),
    center=1, zaxis=(0, 1), xaxis=(8, 4), axes=KINECT_AXES)
KINECT_V2 = replace(NTU_RGBD, name='kinect_v2')

# Kinect v1 in the order of UTD-MHAD, from the head down: 0 head, 1 centre of the shoulders, 2 spine,
# 3 centre of the hips (root). Its spine joint stands a few centimetres in front of the hips, so the
# trunk's direction is taken from hips to shoulders.
KINECT_V1 = SkeletonLayout(
    name='kinect_v1', joints=('head', 'thorax', 'lower_spine', 'pelvis', *_KINECT_LIMBS),
    parents=(1, 2, 3, 3, 1, 4, 5, 6, 1, 8, 9, 10, 3, 12, 13, 14, 3, 16, 17, 18),
    center=2, zaxis=(3, 1), xaxis=(8, 4), axes=KINECT_AXES)
# Kinect v1 as its SDK counts (NUI_SKELETON_POSITION_INDEX of Kinect for Windows 1.8), from the hips up.
KINECT_V1_SDK = SkeletonLayout(
    name='kinect_v1_sdk', joints=('pelvis', 'lower_spine', 'thorax', 'head', *_KINECT_LIMBS),
    parents=(0, 0, 1, 2, 2, 4, 5, 6, 2, 8, 9, 10, 0, 12, 13, 14, 0, 16, 17, 18),
    center=1, zaxis=(0, 2), xaxis=(8, 4), axes=KINECT_AXES)

# COCO keypoints (cocodataset.org/#format-data), lifted: 0 nose (root), then left before right. It has
# no joint on the spine, so the left side of the trunk gives its direction.
COCO = SkeletonLayout(
    name='coco', joints=('nose', *_sides('eye', 'ear', *_ARM, *_LEG)),
    parents=(0, 0, 0, 1, 2, 0, 0, 5, 6, 7, 8, 0, 0, 11, 12, 13, 14),
    center=0, zaxis=(11, 5), xaxis=(6, 5), axes=CAMERA_AXES)

# Human3.6M, the 17 joints that pose lifters give (MMPose, configs/_base_/datasets/h36m.py), in
# coordinates of the camera: 0 pelvis (root), right leg, left leg, spine to head, left arm, right arm.
H36M = SkeletonLayout(
    name='h36m',
    joints=('pelvis', *_limb('right', *_LEG), *_limb('left', *_LEG), 'spine', 'thorax', 'neck', 'head',
            *_limb('left', *_ARM), *_limb('right', *_ARM)),
    parents=(0, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15),
    center=7, zaxis=(0, 8), xaxis=(14, 11), axes=CAMERA_AXES)

# MediaPipe Pose, world landmarks (ai.google.dev/edge/mediapipe/solutions/vision/pose_landmarker):
# 0 nose (root), face, then left before right.
MEDIAPIPE = SkeletonLayout(
    name='mediapipe',
    joints=('nose', *_limb('left', 'inner_eye', 'eye', 'outer_eye'),
            *_limb('right', 'inner_eye', 'eye', 'outer_eye'),
            *_sides('ear', 'mouth', *_ARM, 'pinky', 'index', 'thumb', *_LEG, 'heel', 'foot')),
    parents=(0, 0, 1, 2, 0, 4, 5, 3, 6, 0, 0, 0, 0, 11, 12, 13, 14, 15, 16, 15, 16, 15, 16, 11, 12, 23,
             24, 25, 26, 27, 28, 29, 30),
    center=0, zaxis=(23, 11), xaxis=(12, 11), axes=CAMERA_AXES)

# SMPL (github.com/vchoutas/smplx, smplx/joint_names.py), in the body's own coordinates: 0 pelvis
# (root); 3, 6 and 9 are its spine 1 to 3.
SMPL = SkeletonLayout(
    name='smpl',
    joints=('pelvis', *_sides('hip'), 'lower_spine', *_sides('knee'), 'spine', *_sides('ankle'),
            'upper_spine', *_sides('foot'), 'neck', *_sides('collar'), 'head', *_sides(*_ARM, 'hand')),
    parents=(0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21),
    center=6, zaxis=(0, 12), xaxis=(17, 16), axes=('right', 'up', 'toward'))
# HumanML3D (github.com/EricGuo5513/HumanML3D, new_joints): SMPL without hands, y up, facing +z.
HUMANML3D = replace(SMPL, name='humanml3d', joints=SMPL.joints[:22], parents=SMPL.parents[:22])

LAYOUTS = {layout.name: layout for layout in (
    NTU_RGBD, KINECT_V2, KINECT_V1, KINECT_V1_SDK, COCO, H36M, MEDIAPIPE, HUMANML3D, SMPL)}


def get_layout(name: str) -> SkeletonLayout:
    """Look up a preset layout by its name; a ``KeyError`` names those that there are."""
    if name not in LAYOUTS:
        raise KeyError(f'Unknown skeleton layout {name!r}; the presets are {sorted(LAYOUTS)}. '
                       'For another skeleton give the joint indices themselves.')
    return LAYOUTS[name]


def get_parents(parents: str | Sequence[int]) -> tuple[int, ...]:
    """Bone tree of a preset, or a checked one, in which a joint without a bone is its own parent."""
    if isinstance(parents, str):
        return get_layout(parents).parents
    advice = f'give the parent of each joint, or one of the presets {sorted(LAYOUTS)}.'
    if not isinstance(parents, Iterable) or not tuple(parents):
        raise ValueError(f'The parents are {parents!r}; {advice}')
    parents = tuple(parents)
    for joint, parent in enumerate(parents):
        if not isinstance(parent, Integral) or not 0 <= parent < len(parents):
            raise ValueError(f'Joint {joint} has the parent {parent}, but there are {len(parents)} '
                             f'joints, numbered 0 to {len(parents) - 1}; {advice}')
    return parents


def layout_advice(num_joints: int, target: str | None = None) -> str:
    """Say, at the end of a message, how V other joints than expected are mapped to a target layout."""
    names = sorted(layout.name for layout in LAYOUTS.values() if layout.num_joints == num_joints)
    if not names:
        counts = {layout.name: layout.num_joints for layout in LAYOUTS.values()}
        return (f'No layout with {num_joints} joints is known; joints are mapped from {counts}. '
                'Bring them to one of these first.')
    source = repr(names[0]) if len(names) == 1 else '...'
    target = '...' if target is None else repr(target)
    return (f'Layouts with {num_joints} joints are {names}: map from theirs, by --from of '
            'tools/infer.py or, for a data set or gallery, by --from and --to of tools/data/npy.py; '
            f"in a pipeline by dict(type='MapJoints', source={source}, target={target}) before "
            f'NormalizeSkeleton, with num_joints={num_joints} of the data set.')


def directions(axes: Sequence[str]) -> np.ndarray:
    """Write three perpendicular axes in the coordinates of a Kinect, a row (3, ) for each."""
    known = isinstance(axes, list | tuple) and all(axis in DIRECTIONS for axis in axes)
    matrix = np.array([DIRECTIONS[axis] for axis in axes]) if known else np.zeros((3, 3))
    if matrix.shape != (3, 3) or not np.linalg.det(matrix):
        raise ValueError(f'The axes are {axes!r}, but the directions of x, y and z are expected: one of '
                         f'left and right, one of up and down, one of away and toward, as the camera '
                         "sees them, such as ('right', 'down', 'away').")
    return matrix
