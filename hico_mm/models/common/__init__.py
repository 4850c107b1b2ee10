from .feature_queue import FeatureQueue
from .s2s import S2SGRU, S2SLSTM, S2SEncoder, S2STransformer
from .udm import UDM

__all__ = ['FeatureQueue', 'S2SEncoder', 'S2SGRU', 'S2SLSTM', 'S2STransformer', 'UDM']
