"""Datasets, and the transforms of their pipelines."""
from . import transforms
from .annotation_file import missing_file_message, write_annotation_file
from .label_fraction import LabelFraction
from .seeded import SeededDataset
from .skeleton_dataset import SkeletonDataset
from .synthetic import SyntheticSkeletonDataset

__all__ = [
    'LabelFraction', 'SeededDataset', 'SkeletonDataset', 'SyntheticSkeletonDataset',
    'missing_file_message', 'transforms', 'write_annotation_file'
]
