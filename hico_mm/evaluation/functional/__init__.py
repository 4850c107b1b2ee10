"""Measures as plain functions of tensors."""
from .feature_file import (
    NO_LABEL,
    find_same,
    hash_joints,
    read_feature_file,
    read_granularities,
    write_feature_file,
)
from .fuse_scores import dump_accuracy, fuse_scores, load_score_dump
from .knn import SIMILARITIES, check_knn_settings, find_nearest, knn_predict

__all__ = [
    'NO_LABEL', 'SIMILARITIES', 'check_knn_settings', 'dump_accuracy', 'find_nearest', 'find_same',
    'fuse_scores', 'hash_joints', 'knn_predict', 'load_score_dump', 'read_feature_file',
    'read_granularities', 'write_feature_file'
]
