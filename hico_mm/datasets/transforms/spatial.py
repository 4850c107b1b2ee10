"""Base of augmentations, and the two spatial ones of the paper: one random matrix per sequence."""
from typing import Any

import numpy as np
from mmaction.registry import TRANSFORMS

from .base import Transform
from .normalize import as_float32


def transform_joints(keypoint: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Multiply all joints of (M, T, V, C) from the right by a matrix (C, C), float32."""
    keypoint = np.asarray(keypoint, dtype=np.float32)
    # One product of two axes; of four, NumPy makes a product for each frame.
    return (keypoint.reshape(-1, len(matrix)) @ matrix).reshape(keypoint.shape)


class Augmentation(Transform):
    """Base of augmentations: ``draw`` draws all random numbers, ``apply`` is pure.

    Required keys: keypoint. Modified keys: keypoint.
    """

    def draw(self, keypoint: np.ndarray) -> tuple[Any, ...]:
        """Draw what ``apply`` takes after the sequence; by default nothing."""
        return ()

    def transform(self, results: dict) -> dict:
        """Augment one sequence, whose ``keypoint`` (M, T, V, C) becomes float32."""
        keypoint = as_float32(np.asarray(results['keypoint']))
        results['keypoint'] = self.apply(keypoint, *self.draw(keypoint))
        return results


@TRANSFORMS.register_module()
class JointCorruption(Augmentation):
    """Corrupt a random choice of joints, the same in all frames and for all persons.

    With probability 1/2 the joints are set to zero, else they are multiplied by a random matrix
    with entries uniform in [-1, 1]. The paper's joint corruption, with the numbers of the released
    code: 15 of 25 joints.

    Required keys: keypoint. Modified keys: keypoint.

    Args:
        ratio: Part of the joints to corrupt, in (0, 1], rounded to whole joints. Defaults to 0.6.

    Raises:
        ValueError: If ``ratio`` is out of range.
    """

    def __init__(self, ratio: float = 0.6) -> None:
        if not 0 < ratio <= 1:
            raise ValueError(f'ratio of JointCorruption is {ratio}, but 0 < ratio <= 1 is '
                             'expected; give it as a part of the joints.')
        self.ratio = ratio

    def draw(self, keypoint: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Draw joints (round(ratio * V), ) and the matrix (C, C) for them, all zeros to remove them."""
        num_joints, num_coords = keypoint.shape[2:]
        joints = np.random.permutation(num_joints)[:round(self.ratio * num_joints)]
        shape = (num_coords, num_coords)
        matrix = np.zeros(shape) if np.random.rand() < 0.5 else np.random.uniform(-1, 1, shape)
        return joints, matrix.astype(np.float32)

    def apply(self, keypoint: np.ndarray, joints: np.ndarray, matrix: np.ndarray) -> np.ndarray:
        """Corrupt joints of (M, T, V, C)."""
        corrupted = transform_joints(keypoint.take(joints, axis=2), matrix)
        keypoint = keypoint.copy()
        keypoint[:, :, joints] = corrupted
        return keypoint


@TRANSFORMS.register_module()
class PoseShear(Augmentation):
    """Shear all joints by one random matrix.

    The matrix has ones on the diagonal and numbers uniform in [-amplitude, amplitude] elsewhere.
    The paper's pose augmentation, with the numbers of the released code.

    Required keys: keypoint. Modified keys: keypoint.

    Args:
        amplitude: Largest shear factor. Defaults to 1.0.

    Raises:
        ValueError: If ``amplitude`` is not positive.
    """

    def __init__(self, amplitude: float = 1.0) -> None:
        if amplitude <= 0:
            raise ValueError(f'amplitude of PoseShear is {amplitude}, but a positive number is '
                             'expected; leave the transform out to switch it off.')
        self.amplitude = amplitude

    def draw(self, keypoint: np.ndarray) -> tuple[np.ndarray]:
        """Draw the shear matrix (C, C), float32."""
        num_coords = keypoint.shape[-1]
        matrix = np.random.uniform(-self.amplitude, self.amplitude, (num_coords, num_coords))
        np.fill_diagonal(matrix, 1)
        return matrix.astype(np.float32),

    def apply(self, keypoint: np.ndarray, matrix: np.ndarray) -> np.ndarray:
        """Shear (M, T, V, C)."""
        return transform_joints(keypoint, matrix)
