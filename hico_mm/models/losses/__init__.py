from .hierarchical_contrast_loss import HierarchicalContrastLoss, info_nce

__all__ = ['HierarchicalContrastLoss', 'info_nce']
