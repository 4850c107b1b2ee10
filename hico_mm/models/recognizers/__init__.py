from .moco import MoCoRecognizer

__all__ = ['MoCoRecognizer']
