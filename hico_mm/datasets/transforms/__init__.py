"""Skeleton transforms, registered in MMAction2's ``TRANSFORMS``."""
from .map_joints import MapJoints
from .normalize import NormalizeSkeleton
from .persons import KeepActivePersons
from .spatial import JointCorruption, PoseShear
from .temporal import CentralCropResize, RandomCropResize
from .views import TwoViews

__all__ = [
    'CentralCropResize', 'JointCorruption', 'KeepActivePersons', 'MapJoints', 'NormalizeSkeleton',
    'PoseShear', 'RandomCropResize', 'TwoViews'
]
