"""Datasets, and the transforms of their pipelines."""
from . import transforms
from .annotation_file import check_annotation_files, missing_file_message, write_annotation_file
from .collate import skeleton_collate
from .label_fraction import LabelFraction
from .packed_store import PackedStore, write_packed_store
from .seeded import SeededDataset
from .skeleton_dataset import PackedSkeletonDataset, SkeletonDataset
from .synthetic import SyntheticSkeletonDataset

__all__ = [
    'LabelFraction', 'PackedSkeletonDataset', 'PackedStore', 'SeededDataset', 'SkeletonDataset',
    'SyntheticSkeletonDataset', 'check_annotation_files', 'missing_file_message', 'skeleton_collate',
    'transforms', 'write_annotation_file', 'write_packed_store'
]
