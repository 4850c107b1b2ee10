"""Measures as plain functions of tensors."""
from .feature_file import NO_LABEL, read_feature_file, read_granularities, write_feature_file
from .fuse_scores import dump_accuracy, fuse_scores, load_score_dump
from .knn import SIMILARITIES, check_knn_settings, find_nearest, knn_predict

__all__ = [
    'NO_LABEL', 'SIMILARITIES', 'check_knn_settings', 'dump_accuracy', 'find_nearest', 'fuse_scores',
    'knn_predict', 'load_score_dump', 'read_feature_file', 'read_granularities', 'write_feature_file'
]
