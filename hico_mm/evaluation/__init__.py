"""Evaluation beside MMAction2's own."""
from .functional import knn_predict
from .metrics import KNNMetric

__all__ = ['KNNMetric', 'knn_predict']
