"""Trained encoders on one's own skeletons. Not imported with ``hico_mm``."""
from .inferencer import SkeletonInferencer
from .results import Neighbour, WindowResult

__all__ = ['Neighbour', 'SkeletonInferencer', 'WindowResult']
