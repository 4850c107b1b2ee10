"""Files of figures."""
import os.path as osp
import tempfile
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path

from matplotlib.animation import PillowWriter
from matplotlib.figure import Figure

from hico_mm.utils import atomic_write, check_writable

FORMATS = ('png', 'pdf', 'svg')
ANIMATION = 'gif'
FRAMES_PER_SECOND = 12


def add_out_argument(parser: ArgumentParser) -> None:
    """Add the path of the figure to a command line.

    Args:
        parser (ArgumentParser): The parser to extend.
    """
    parser.add_argument('--out', required=True, metavar='FILE.png', help='the figure; .pdf or .svg, too')


def check_figure_path(path: str, animation: bool = False) -> str:
    """Refuse a path that no figure can be written to, and say in which format it will be.

    Args:
        path (str): Path of the file.
        animation (bool): Whether it may be a GIF. Defaults to False.

    Returns:
        str: One of ``FORMATS``, or ``ANIMATION``.

    Raises:
        ValueError: If the ending is unknown or the folder cannot be written.
    """
    suffix = osp.splitext(path)[1].removeprefix('.').lower()
    formats = (*FORMATS, ANIMATION) if animation else FORMATS
    if suffix not in formats:
        raise ValueError(f'--out {path} has to end in one of {formats}.')
    check_writable(osp.dirname(osp.abspath(path)), '--out')
    return suffix


def save_figure(figure: Figure, path: str) -> None:
    """Write a figure, as a whole or not at all.

    Args:
        figure (Figure): The figure.
        path (str): Path of the file, see :func:`check_figure_path`.
    """
    with atomic_write(path) as file:
        figure.savefig(file, format=check_figure_path(path), dpi=200)


def save_animation(figure: Figure, show: Callable[[int], None], num_frames: int, path: str) -> None:
    """Write a figure that moves as a GIF, as a whole or not at all.

    Args:
        figure (Figure): The figure.
        show (Callable[[int], None]): Changes the figure to a frame, by its number.
        num_frames (int): How many frames there are.
        path (str): Path of the file.
    """
    figure.draw_without_rendering()
    figure.set_layout_engine('none')  # the frames of one layout, or it would tremble
    writer = PillowWriter(fps=FRAMES_PER_SECOND)
    # Pillow's writer takes the name of a file, not an open one.
    with tempfile.TemporaryDirectory() as folder, atomic_write(path) as file:
        unfinished = Path(folder) / f'animation.{ANIMATION}'
        with writer.saving(figure, unfinished, dpi=80):
            for frame in range(num_frames):
                show(frame)
                writer.grab_frame()
        file.write(unfinished.read_bytes())
