"""Measures as plain functions of tensors."""
from .feature_file import NO_LABEL, read_feature_file, read_granularities, write_feature_file
from .fuse_scores import fuse_scores
from .knn_predict import check_knn_settings, knn_predict
from .nearest import SIMILARITIES, find_nearest
from .score_dump import check_score_dump, dump_accuracy, load_score_dump

__all__ = [
    'NO_LABEL', 'SIMILARITIES', 'check_knn_settings', 'check_score_dump', 'dump_accuracy',
    'find_nearest', 'fuse_scores', 'knn_predict', 'load_score_dump', 'read_feature_file',
    'read_granularities', 'write_feature_file'
]
