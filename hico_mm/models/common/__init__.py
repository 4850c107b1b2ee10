from .s2s import S2SGRU, S2SLSTM, S2SEncoder, S2STransformer
from .udm import UDM

__all__ = ['S2SEncoder', 'S2SGRU', 'S2SLSTM', 'S2STransformer', 'UDM']
