"""Trained encoders on one's own skeletons, and as ONNX files. Not imported with ``hico_mm``."""
from .inferencer import SkeletonInferencer
from .onnx_model import OnnxModel
from .results import Neighbour, WindowResult

__all__ = ['Neighbour', 'OnnxModel', 'SkeletonInferencer', 'WindowResult']
