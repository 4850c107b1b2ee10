"""Figures of results and runs. Not imported with ``hico_mm``: training draws nothing."""
from .figure_file import check_figure_path, save_animation, save_figure

__all__ = ['check_figure_path', 'save_animation', 'save_figure']
