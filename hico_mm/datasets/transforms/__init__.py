"""Skeleton transforms, registered in MMAction2's ``TRANSFORMS``."""
from .augment import (
    CentreJoint,
    FirstFrames,
    JointNoise,
    MaskAxis,
    MaskJoints,
    MirrorCrop,
    RandomRotation,
    ReverseFrames,
    ShoulderAlign,
    SwapSides,
    TemporalBlur,
)
from .map_joints import MapJoints
from .normalize import NormalizeSkeleton
from .persons import KeepActivePersons
from .spatial import JointCorruption, PoseShear
from .temporal import CentralCropResize, RandomCropResize
from .views import Views

__all__ = [
    'CentralCropResize', 'CentreJoint', 'FirstFrames', 'JointCorruption', 'JointNoise',
    'KeepActivePersons', 'MapJoints', 'MaskAxis', 'MaskJoints', 'MirrorCrop', 'NormalizeSkeleton',
    'PoseShear', 'RandomCropResize', 'RandomRotation', 'ReverseFrames', 'ShoulderAlign', 'SwapSides',
    'TemporalBlur', 'Views'
]
