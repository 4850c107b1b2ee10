from .contrast import Contrast, CrossView, Distribution, InfoNCE, Neighbours, Term
from .hierarchical_contrast_loss import HierarchicalContrastLoss

__all__ = [
    'Contrast', 'CrossView', 'Distribution', 'HierarchicalContrastLoss', 'InfoNCE', 'Neighbours', 'Term'
]
