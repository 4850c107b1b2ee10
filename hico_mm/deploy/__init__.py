"""Trained models as ONNX files: exporting, running and timing them. Needs the extra ``deploy``."""
from .export import export_onnx
from .onnx_encoder import OnnxEncoder

__all__ = ['OnnxEncoder', 'export_onnx']
