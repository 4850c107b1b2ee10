from .s2s import S2SGRU, S2SLSTM, S2STransformer
from .udm import UDM

__all__ = ['S2SGRU', 'S2SLSTM', 'S2STransformer', 'UDM']
