from .hico_encoder import HiCoEncoder

__all__ = ['HiCoEncoder']
