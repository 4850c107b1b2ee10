from .moco import MoCoRecognizer
from .released_crossclr import ReleasedCrosSCLR

__all__ = ['MoCoRecognizer', 'ReleasedCrosSCLR']
