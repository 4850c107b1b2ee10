from .attention_drop import AttentionDrop
from .feature_queue import FeatureQueue
from .s2s import S2SGRU, S2SLSTM, S2SEncoder, S2STransformer
from .udm import UDM

__all__ = [
    'AttentionDrop', 'FeatureQueue', 'S2SEncoder', 'S2SGRU', 'S2SLSTM', 'S2STransformer', 'UDM'
]
