"""Measures as plain functions of tensors."""
from .knn_predict import SIMILARITIES, check_knn_settings, knn_predict

__all__ = ['SIMILARITIES', 'check_knn_settings', 'knn_predict']
