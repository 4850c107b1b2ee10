"""Augmentations of the contrastive methods beside HiCo: CrosSCLR, AimCLR and AS-CAL.

ISC has those of HiCo. To apply one with a probability, put it into mmcv's ``RandomApply``.
"""
import numpy as np
from mmaction.registry import TRANSFORMS
from scipy.ndimage import correlate1d
from scipy.spatial.transform import Rotation

from hico_mm.utils.errors import check_positive, check_variant

from ..layouts import get_layout
from .spatial import Augmentation, transform_joints


@TRANSFORMS.register_module()
class MirrorCrop(Augmentation):
    """Lengthen a sequence by its mirror image at both ends, and cut out as many frames as it had.

    The temporal crop of CrosSCLR. Required keys: keypoint. Modified keys: keypoint.

    Args:
        padding_ratio: Frames at each end are the T frames over this number, rounded down. Defaults to 6.

    Raises:
        ValueError: The ratio is no positive integer.
    """

    def __init__(self, padding_ratio: int = 6) -> None:
        check_positive(padding_ratio=padding_ratio)
        self.padding_ratio = padding_ratio

    def draw(self, keypoint: np.ndarray) -> tuple[int]:
        """Draw the first frame of the crop."""
        return np.random.randint(2 * (keypoint.shape[1] // self.padding_ratio) + 1),

    def apply(self, keypoint: np.ndarray, start: int) -> np.ndarray:
        """Crop (M, T, V, C) -> (M, T, V, C)."""
        num_frames = keypoint.shape[1]
        padding = num_frames // self.padding_ratio
        frames = np.pad(np.arange(num_frames), padding, mode='symmetric')
        return keypoint[:, frames[start:start + num_frames]]


@TRANSFORMS.register_module()
class ReverseFrames(Augmentation):
    """Play a sequence backwards (AS-CAL). Required keys: keypoint. Modified keys: keypoint."""

    def apply(self, keypoint: np.ndarray) -> np.ndarray:
        """Reverse (M, T, V, C) -> (M, T, V, C)."""
        return keypoint[:, ::-1].copy()


@TRANSFORMS.register_module()
class TemporalBlur(Augmentation):
    """Smooth a sequence by a Gaussian over 15 frames, with zeros before and after it (AimCLR).

    Required keys: keypoint. Modified keys: keypoint.

    Args:
        min_sigma: Smallest width in frames. Defaults to 0.1.
        max_sigma: Largest width in frames. Defaults to 2.
        variant: ``'paper'``: weights of sum 1. ``'released'``: as in the public code, the largest weight
            is 1, so that joints are scaled by up to 5. Defaults to 'paper'.

    Raises:
        ValueError: Not 0 < min_sigma <= max_sigma, or the variant is unknown.
    """

    def __init__(self, min_sigma: float = 0.1, max_sigma: float = 2.0, variant: str = 'paper') -> None:
        if not 0 < min_sigma <= max_sigma:
            raise ValueError(f'min_sigma={min_sigma} and max_sigma={max_sigma} of TemporalBlur, but '
                             '0 < min_sigma <= max_sigma is expected.')
        self.min_sigma, self.max_sigma, self.variant = min_sigma, max_sigma, check_variant(variant)

    def draw(self, keypoint: np.ndarray) -> tuple[float]:
        """Draw sigma, in frames."""
        return np.random.uniform(self.min_sigma, self.max_sigma),

    def apply(self, keypoint: np.ndarray, sigma: float) -> np.ndarray:
        """Blur (M, T, V, C) -> (M, T, V, C)."""
        weights = np.exp(-np.arange(-7, 8)**2 / (2 * sigma**2))
        if self.variant == 'paper':
            weights /= weights.sum()
        return correlate1d(keypoint, weights, axis=1, mode='constant')


@TRANSFORMS.register_module()
class SwapSides(Augmentation):
    """Exchange left and right joints; coordinates stay as they are (AimCLR).

    Required keys: keypoint. Modified keys: keypoint.

    Args:
        layout: Preset that says which joints are left and right, see :mod:`hico_mm.datasets.layouts`.
            Defaults to ``'nturgb+d'``.

    Raises:
        KeyError: There is no such layout.
        ValueError: A sequence has another number of joints.
    """

    def __init__(self, layout: str = 'nturgb+d') -> None:
        self.layout = layout
        joints = get_layout(layout).joints
        other = dict(left='right', right='left')
        self.joints = [joints.index('_'.join([other.get(side, side), *rest]))
                       for side, *rest in (joint.split('_') for joint in joints)]

    def apply(self, keypoint: np.ndarray) -> np.ndarray:
        """Exchange joints of (M, T, V, C)."""
        if keypoint.shape[2] != len(self.joints):
            raise ValueError(f'SwapSides has the layout {self.layout!r} of {len(self.joints)} joints, '
                             f'but the sequence has {keypoint.shape[2]}. Name the layout of the data.')
        return keypoint[:, :, self.joints]


@TRANSFORMS.register_module()
class RandomRotation(Augmentation):
    """Turn all joints about x, then y, then z: one axis, drawn, by a large angle (AimCLR, AS-CAL).

    Required keys: keypoint. Modified keys: keypoint.

    Args:
        max_degrees: Largest angle about the drawn axis; the smallest is 0. Defaults to 30.
        max_other_degrees: Largest angle about each of the others. Defaults to 0 (AS-CAL); AimCLR has 1.
    """

    def __init__(self, max_degrees: float = 30.0, max_other_degrees: float = 0.0) -> None:
        _check_ascending(max_other_degrees=max_other_degrees, max_degrees=max_degrees)
        self.max_degrees, self.max_other_degrees = max_degrees, max_other_degrees

    def draw(self, keypoint: np.ndarray) -> tuple[np.ndarray]:
        """Draw the angles (3, ) in degrees."""
        degrees = np.random.uniform(0, self.max_other_degrees, 3)
        degrees[np.random.randint(3)] = np.random.uniform(0, self.max_degrees)
        return degrees,

    def apply(self, keypoint: np.ndarray, degrees: np.ndarray) -> np.ndarray:
        """Turn (M, T, V, 3) by the angles (3, ) in degrees."""
        # The public code's positive angles are SciPy's negative ones.
        turn = Rotation.from_euler('xyz', -degrees, degrees=True).as_matrix()
        return transform_joints(keypoint, turn.T.astype(np.float32))


@TRANSFORMS.register_module()
class JointNoise(Augmentation):
    """Add Gaussian noise to every coordinate, absent persons too.

    Required keys: keypoint. Modified keys: keypoint.

    Args:
        std: Standard deviation. Defaults to 0.01 (AimCLR); AS-CAL has 0.05.
    """

    def __init__(self, std: float = 0.01) -> None:
        _check_ascending(std=std)
        self.std = std

    def draw(self, keypoint: np.ndarray) -> tuple[np.ndarray]:
        """Draw the noise (M, T, V, C)."""
        return np.random.normal(0, self.std, keypoint.shape).astype(np.float32),

    def apply(self, keypoint: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Add the noise to (M, T, V, C)."""
        return keypoint + noise


@TRANSFORMS.register_module()
class MaskAxis(Augmentation):
    """Set one coordinate, drawn, of all joints to zero (AimCLR, AS-CAL).

    Required keys: keypoint. Modified keys: keypoint.
    """

    def draw(self, keypoint: np.ndarray) -> tuple[int]:
        """Draw the axis."""
        return np.random.randint(keypoint.shape[-1]),

    def apply(self, keypoint: np.ndarray, axis: int) -> np.ndarray:
        """Mask one axis of (M, T, V, C)."""
        return keypoint * (np.arange(keypoint.shape[-1]) != axis)


@TRANSFORMS.register_module()
class MaskJoints(Augmentation):
    """Set some joints, drawn, to zero in some frames (AS-CAL).

    Required keys: keypoint. Modified keys: keypoint.

    Args:
        min_joints, max_joints: How many joints. Default to 5 and 15.
        min_frames, max_frames: How many frames. Default to 50 and 100.

    Raises:
        ValueError: A smallest number is above the largest, or below 0.
    """

    def __init__(self, min_joints: int = 5, max_joints: int = 15, min_frames: int = 50,
                 max_frames: int = 100) -> None:
        _check_ascending(min_joints=min_joints, max_joints=max_joints)
        _check_ascending(min_frames=min_frames, max_frames=max_frames)
        self.min_joints, self.max_joints = min_joints, max_joints
        self.min_frames, self.max_frames = min_frames, max_frames

    def draw(self, keypoint: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Draw joints and frames."""
        _, num_frames, num_joints, _ = keypoint.shape
        joints = np.random.permutation(num_joints)
        frames = np.random.permutation(num_frames)
        return (joints[:np.random.randint(self.min_joints, self.max_joints + 1)],
                frames[:np.random.randint(self.min_frames, self.max_frames + 1)])

    def apply(self, keypoint: np.ndarray, joints: np.ndarray, frames: np.ndarray) -> np.ndarray:
        """Mask joints in frames of (M, T, V, C)."""
        keypoint = keypoint.copy()
        keypoint[:, frames[:, None], joints] = 0
        return keypoint


@TRANSFORMS.register_module()
class CentreJoint(Augmentation):
    """Subtract a joint from all joints of the same person in the same frame; nothing is drawn.

    Required keys: keypoint. Modified keys: keypoint.

    Args:
        joint: Number of the joint: 20 of CrosSCLR and AimCLR, 1 of AS-CAL.
    """

    def __init__(self, joint: int) -> None:
        self.joint = joint

    def apply(self, keypoint: np.ndarray) -> np.ndarray:
        """Centre (M, T, V, C); an absent person stays zero."""
        return keypoint - keypoint[:, :, self.joint, None]


@TRANSFORMS.register_module()
class FirstFrames(Augmentation):
    """Take the first frames; nothing is drawn.

    Required keys: keypoint. Modified keys: keypoint, total_frames.

    Args:
        num_frames: How many, with zeros after the end of a shorter sequence (AS-CAL: 150). Defaults to
            None: as many as show joint 0 of person 0 (CrosSCLR).
    """

    def __init__(self, num_frames: int | None = None) -> None:
        if num_frames is not None:
            check_positive(num_frames=num_frames)
        self.num_frames = num_frames

    def apply(self, keypoint: np.ndarray) -> np.ndarray:
        """Cut or pad (M, T, V, C) -> (M, T', V, C)."""
        if self.num_frames is None:
            return keypoint[:, :max(1, np.count_nonzero(keypoint[0, :, 0].any(axis=-1)))]
        missing = max(0, self.num_frames - keypoint.shape[1])
        return np.pad(keypoint[:, :self.num_frames], ((0, 0), (0, missing), (0, 0), (0, 0)))

    def transform(self, results: dict) -> dict:
        """Cut or pad one sequence."""
        results = super().transform(results)
        results['total_frames'] = results['keypoint'].shape[1]
        return results


@TRANSFORMS.register_module()
class ShoulderAlign(Augmentation):
    """Turn each person in each frame about the vertical axis y, so that the shoulders are along x.

    A part of the preparation of CrosSCLR and AimCLR; nothing is drawn. As in their code, the sign of z,
    summed over the frames, decides in which direction all frames turn, and 1e-4 keeps the shoulders from
    being exactly along x. Required keys: keypoint. Modified keys: keypoint.

    Args:
        left, right: Numbers of the shoulders. Default to 4 and 8.
    """

    def __init__(self, left: int = 4, right: int = 8) -> None:
        self.left, self.right = left, right

    def apply(self, keypoint: np.ndarray) -> np.ndarray:
        """Turn (M, T, V, 3), float32."""
        shoulders = keypoint[:, :, self.right] - keypoint[:, :, self.left]  # (M, T, 3)
        x, z = shoulders[..., 0], shoulders[..., 2]
        angle = np.arccos(x / (np.hypot(x, z) + 1e-4))
        angle = np.where(z.sum(axis=1, keepdims=True) >= 0, -angle, angle)
        cos, sin = np.cos(angle)[..., None], np.sin(angle)[..., None]  # (M, T, 1)
        x, y, z = np.moveaxis(keypoint, -1, 0)  # each (M, T, V)
        return np.stack([cos * x - sin * z, y, sin * x + cos * z], axis=-1).astype(np.float32)


def _check_ascending(**numbers: float) -> None:
    values = list(numbers.values())
    if sorted([0, *values]) != [0, *values]:
        raise ValueError(f'{numbers}: expected numbers of at least 0, the first not above the second.')
