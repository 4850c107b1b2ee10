from .hierarchical_contrast_loss import HierarchicalContrastLoss
from .info_nce import info_nce

__all__ = ['HierarchicalContrastLoss', 'info_nce']
