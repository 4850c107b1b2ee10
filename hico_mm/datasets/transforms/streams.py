"""Joint, bone and motion streams."""
from collections.abc import Sequence

import numpy as np
from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform

from ..layouts import get_parents
from .checks import sequence_name

STREAMS = ('joint', 'bone', 'motion')


def joint_to_bone(keypoint: np.ndarray, parents: Sequence[int]) -> np.ndarray:
    """Subtract from each joint its parent.

    Args:
        keypoint (np.ndarray): Joint coordinates (M, T, V, C).
        parents (Sequence[int]): Parent of each of the V joints.

    Returns:
        np.ndarray: Bones (M, T, V, C), zero where a joint is its own parent.
    """
    return keypoint - keypoint[:, :, list(parents)]


def joint_to_motion(keypoint: np.ndarray) -> np.ndarray:
    """Subtract from each frame's next the frame.

    Args:
        keypoint (np.ndarray): Joint coordinates (M, T, V, C).

    Returns:
        np.ndarray: Forward differences (M, T, V, C); the last frame is zero.
    """
    return np.diff(keypoint, axis=1, append=keypoint[:, -1:])


@TRANSFORMS.register_module()
class ToStream(BaseTransform):
    """Derive the stream that a model is trained on from the joint coordinates.

    ``'joint'`` is the coordinates themselves, ``'bone'`` each joint minus its parent, ``'motion'``
    the next frame minus the frame. The three streams of the paper's experiments, derived, as in
    the released code, after the augmentations.

    Required Keys:

        - keypoint
        - frame_dir (optional)

    Modified Keys:

        - keypoint

    Args:
        stream (str): ``'joint'``, ``'bone'`` or ``'motion'``. Defaults to ``'joint'``.
        parents (str | Sequence[int]): Bones of the ``'bone'`` stream: name of a preset of
            :mod:`hico_mm.datasets.layouts`, or the parent of each of the V joints. Defaults to
            ``'nturgb+d'``.

    Raises:
        KeyError: If there is no such preset.
        ValueError: If the stream is unknown, or the parents do not suit themselves or the data.
    """

    def __init__(self,
                 stream: str = 'joint',
                 parents: str | Sequence[int] = 'nturgb+d') -> None:
        if stream not in STREAMS:
            raise ValueError(f'Unknown stream {stream!r}; choose one of {STREAMS}.')
        self.stream = stream
        self.parents = get_parents(parents)

    def transform(self, results: dict) -> dict:
        """Derive the stream of one sequence.

        Args:
            results (dict): Holds ``keypoint`` (M, T, V, C).

        Returns:
            dict: The same, with the stream as ``keypoint`` (M, T, V, C) in float32.

        Raises:
            ValueError: If the bones are of another joint count than the data.
        """
        keypoint = np.asarray(results['keypoint'], dtype=np.float32)
        if self.stream == 'bone':
            num_joints = keypoint.shape[2]
            if num_joints != len(self.parents):
                raise ValueError(f'{sequence_name(results)}: the keypoint has {num_joints} joints, '
                                 f'but the parent list of ToStream has {len(self.parents)}; give '
                                 'the parents of this layout.')
            keypoint = joint_to_bone(keypoint, self.parents)
        elif self.stream == 'motion':
            keypoint = joint_to_motion(keypoint)
        results['keypoint'] = keypoint
        return results

    def __repr__(self) -> str:
        return f'{self.__class__.__name__}(stream={self.stream!r}, parents={self.parents})'
