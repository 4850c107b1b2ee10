from .coordinates import Coordinates
from .encoder_group import EncoderGroup
from .graph_networks import AGCN, STGCNOfWidths
from .hcn import HCN
from .hico_encoder import HiCoEncoder
from .pooled_gcn import PooledGCN
from .recurrent_encoder import RecurrentEncoder

__all__ = [
    'AGCN', 'Coordinates', 'EncoderGroup', 'HCN', 'HiCoEncoder', 'PooledGCN', 'RecurrentEncoder',
    'STGCNOfWidths'
]
