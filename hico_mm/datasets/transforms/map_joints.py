"""Skeletons of one layout as those of another."""
from collections.abc import Sequence

import numpy as np
from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform

from ..joint_maps import DIRECTIONS, axes_matrix, directions, joint_sources
from ..layouts import SkeletonLayout, get_layout
from ..plausibility import body_height
from .checks import check_keypoint, sequence_name
from .precision import as_float32
from .spatial import transform_joints

DISTANCE = 3.  # metres from the camera, where a person may stand
# What coordinates may be relative to: the pelvis by most pose lifters, the others by normalisation.
ORIGINS = ('pelvis', 'lower_spine', 'spine', 'thorax')


def leave_origin(keypoint: np.ndarray, layout: SkeletonLayout, offset: np.ndarray) -> np.ndarray:
    """Move persons of whom one joint is the origin, as pose lifters give them.

    Coordinates relative to the pelvis, say, have zeros there, which would pass for a missing pelvis. A
    joint of the trunk is the origin if it is zero in all of the person's frames, and the body is around
    it. Other joints may be missing.

    Args:
        keypoint (np.ndarray): Joint coordinates (M, T, V, 3), zeros where a joint is missing.
        layout (SkeletonLayout): Their layout.
        offset (np.ndarray): Where to move them, (3, ).

    Returns:
        np.ndarray: Joint coordinates (M, T, V, 3), float32.
    """
    keypoint = as_float32(keypoint)
    trunk = [layout.joints.index(name) for name in ORIGINS if name in layout.joints]
    there = keypoint.any(axis=3)  # (M, T, V)
    for person in np.flatnonzero(there.any(axis=(1, 2))):
        seen = there[person].any(axis=1)  # (T, )
        body, filled = keypoint[person, seen], there[person, seen]
        origin = next((joint for joint in trunk if not filled[:, joint].any()), None)
        if origin is None:
            continue
        middle = body.sum(axis=1) / filled.sum(axis=1, keepdims=True)  # (frames, 3)
        if np.median(np.linalg.norm(middle, axis=1)) < body_height(body[None]) / 2:
            filled[:, origin] = True
            keypoint = keypoint.copy()
            keypoint[person, seen] += filled[..., None] * offset.astype(np.float32)
    return keypoint


def average_joints(keypoint: np.ndarray, sources: Sequence[Sequence[int]]) -> np.ndarray:
    """Make each joint the mean of several others.

    Args:
        keypoint (np.ndarray): Joint coordinates (M, T, V, C), zeros where a joint is missing.
        sources (Sequence[Sequence[int]]): For each of V' joints those whose mean it is.

    Returns:
        np.ndarray: Joint coordinates (M, T, V', C), float32. The mean is of the joints that are there;
        without any the joint is missing.
    """
    keypoint = as_float32(keypoint)
    there = keypoint.any(axis=3, keepdims=True)  # (M, T, V, 1)
    averaged = []
    for joints in sources:
        joints = list(joints)
        number = there[:, :, joints].sum(axis=2)  # (M, T, 1)
        averaged.append(keypoint[:, :, joints].sum(axis=2) / np.maximum(number, 1, dtype=np.float32))
    return np.stack(averaged, axis=2)


@TRANSFORMS.register_module()
class MapJoints(BaseTransform):
    """Turn skeletons of one layout into those of another, before ``NormalizeSkeleton``.

    A joint of the target is a joint of the source or the mean of several
    (:mod:`hico_mm.datasets.joint_maps`); the axes become those of the target.
    Left stays left: joints keep their side, and a left-handed system of axes is reflected to a
    right-handed one. A person with a joint of the trunk at the origin is moved away from it
    (:func:`leave_origin`).

    Required Keys:

        - keypoint
        - frame_dir (optional)

    Modified Keys:

        - keypoint

    Args:
        source (str): Layout of the data, see :mod:`hico_mm.datasets.layouts`.
        target (str): Layout to turn them into.
        axes (Sequence[str], optional): Where the data's x, y and z point, as the camera sees it:
            'left' or 'right', 'up' or 'down', 'away' or 'toward', in any order. Defaults to None, for
            the usual ones of the source.
        scale (float): Factor from the data's unit to metres, 0.001 for millimetres. Defaults to 1.
        target_axes (Sequence[str], optional): Where x, y and z of the result are to point. Defaults to
            None, for the usual ones of the target.
        target_scale (float): Factor from the result's unit to metres. Defaults to 1.

    Raises:
        KeyError: If there is no such layout.
        ValueError: If the axes are no system of axes, a scale is not positive, or a sequence is unfit.
    """

    def __init__(self, source: str, target: str, axes: Sequence[str] | None = None,
                 scale: float = 1., target_axes: Sequence[str] | None = None,
                 target_scale: float = 1.) -> None:
        self.source = get_layout(source)
        self.target = get_layout(target)
        self.axes = self.source.axes if axes is None else tuple(axes)
        for name, factor in dict(scale=scale, target_scale=target_scale).items():
            if not factor > 0:
                raise ValueError(f'{name} of MapJoints is {factor}, but a positive factor from its unit '
                                 'to metres is expected, such as 0.001 for millimetres.')
        self.scale = scale
        self.joints = joint_sources(self.source, self.target)
        self.target_axes = self.target.axes if target_axes is None else tuple(target_axes)
        self.target_scale = target_scale
        self.matrix = axes_matrix(self.axes, self.target_axes) * np.float32(scale / target_scale)
        self.offset = directions(self.axes) @ DIRECTIONS['away'] * np.float32(DISTANCE / scale)

    def transform(self, results: dict) -> dict:
        """Map one sequence.

        Args:
            results (dict): Holds ``keypoint`` (M, T, V, 3) of the source.

        Returns:
            dict: The same, with ``keypoint`` (M, T, V', 3) of the target in float32.

        Raises:
            ValueError: If the sequence is unfit, with its ``frame_dir`` in the message.
        """
        check_keypoint(results['keypoint'], f'{sequence_name(results)}, layout {self.source.name!r}',
                       num_joints=self.source.num_joints, num_coords=3)
        keypoint = average_joints(leave_origin(results['keypoint'], self.source, self.offset),
                                  self.joints)
        results['keypoint'] = transform_joints(keypoint, self.matrix)
        return results

    def __repr__(self) -> str:
        return (f'{self.__class__.__name__}(source={self.source.name!r}, target={self.target.name!r}, '
                f'axes={self.axes}, scale={self.scale}, target_axes={self.target_axes}, '
                f'target_scale={self.target_scale})')
