"""Loops of the runner."""
from .knn_loop import KNNTestLoop, KNNValLoop

__all__ = ['KNNTestLoop', 'KNNValLoop']
