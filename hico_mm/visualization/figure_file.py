"""Files of figures."""
import os.path as osp

from matplotlib.figure import Figure

from hico_mm.utils import atomic_write, preflight

FORMATS = ('png', 'pdf', 'svg')


def check_figure_path(path: str) -> str:
    """Refuse a path that no figure can be written to, and say in which format it will be.

    Args:
        path (str): Path of the file.

    Returns:
        str: One of ``FORMATS``.

    Raises:
        ValueError: If the ending is unknown or the folder cannot be written.
    """
    suffix = osp.splitext(path)[1].removeprefix('.').lower()
    if suffix not in FORMATS:
        raise ValueError(f'--out {path} has to end in one of {FORMATS}.')
    preflight.check_writable(osp.dirname(osp.abspath(path)), '--out')
    return suffix


def save_figure(figure: Figure, path: str) -> None:
    """Write a figure, as a whole or not at all.

    Args:
        figure (Figure): The figure.
        path (str): Path of the file, see :func:`check_figure_path`.
    """
    with atomic_write(path) as file:
        figure.savefig(file, format=check_figure_path(path), dpi=200)
