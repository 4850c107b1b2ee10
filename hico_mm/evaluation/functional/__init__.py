"""Measures as plain functions of tensors."""
from .fuse_scores import fuse_scores
from .knn_predict import SIMILARITIES, check_knn_settings, knn_predict
from .score_dump import check_score_dump, dump_accuracy, load_score_dump

__all__ = [
    'SIMILARITIES', 'check_knn_settings', 'check_score_dump', 'dump_accuracy', 'fuse_scores',
    'knn_predict', 'load_score_dump'
]
