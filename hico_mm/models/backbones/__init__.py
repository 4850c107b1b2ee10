from .hico_encoder import HiCoEncoder
from .pooled_gcn import PooledGCN

__all__ = ['HiCoEncoder', 'PooledGCN']
