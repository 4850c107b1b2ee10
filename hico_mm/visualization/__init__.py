"""Figures of results and runs. Not imported with ``hico_mm``: training draws nothing."""
from .figure_file import add_out_argument, check_figure_path, save_animation, save_figure

__all__ = ['add_out_argument', 'check_figure_path', 'save_animation', 'save_figure']
