"""The figure of queries and their nearest neighbours."""
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .skeleton_drawing import FROM_THE_FRONT, absent_persons, bounds, draw_pose, project

# Moments of a sequence, as parts of it, the faintest first.
MOMENTS = ((0.2, '#cccccc'), (0.8, '#999999'), (0.5, 'black'))
WIDTH = 1.25  # of a panel, in inches
# Told apart by line and sign, too.
FRAMES = {True: dict(color='#08519c', linestyle='-', linewidth=2, sign='✓'),
          False: dict(color='#e6550d', linestyle='--', linewidth=2, sign='✗')}
UNKNOWN = dict(color='#bbbbbb', linestyle='-', linewidth=0.8, sign='')


@dataclass(frozen=True)
class Card:
    """One sequence of the figure.

    Args:
        keypoint (np.ndarray): Joint coordinates (M, T, V, C).
        title (str): What stands above it.
        right (bool, optional): Whether it is of the query's class. Defaults to None, for a query, or
            where that is unknown.
        note (str): What stands below it. Defaults to nothing.
    """

    keypoint: np.ndarray
    title: str
    right: bool | None = None
    note: str = ''


def draw_retrieval(rows: Sequence[Sequence[Card]], parents: Sequence[int],
                   up: str | None = None) -> Figure:
    """Draw queries with their neighbours, each by three moments of its sequence.

    Args:
        rows (Sequence[Sequence[Card]]): For each query itself and its k neighbours, nearest first.
        parents (Sequence[int]): Parent of each of the V joints.
        up (str, optional): Which coordinate points up, see :func:`project`.

    Returns:
        Figure: A row for each query. All skeletons have the same scale.

    Raises:
        ValueError: If the joints cannot be drawn, see :func:`project`.
    """
    poses = [[_choose_moments(card.keypoint, up) for card in row] for row in rows]
    boxes = [[bounds(*pose) for pose in row] for row in poses]
    size = np.max([high - low for row in boxes for low, high in row], axis=0) + 0.1
    height = WIDTH * size[1] / size[0] + 0.45  # with the titles
    figure = Figure(figsize=(WIDTH * len(rows[0]) + 0.3, height * len(rows) + 0.4), layout='constrained')
    grid = figure.subplots(len(rows), len(rows[0]), squeeze=False)
    for line, (row, all_axes) in enumerate(zip(rows, grid, strict=True)):
        for column, (card, axes) in enumerate(zip(row, all_axes, strict=True)):
            places, missing = poses[line][column]
            for (_, color), place, gone in zip(MOMENTS, places, missing, strict=True):
                draw_pose(axes, place, parents, gone, color=color)
            low, high = boxes[line][column]
            _finish(axes, (low + high) / 2, size)
            _mark(axes, card)
    for column, axes in enumerate(grid[0]):
        heading = f'neighbour {column}' if column else 'query'
        axes.annotate(heading, (0.5, 1), (0, 30), 'axes fraction', textcoords='offset points',
                      ha='center')  # above a title of two lines
    figure.supxlabel(FROM_THE_FRONT, fontsize='small')
    return figure


def _choose_moments(keypoint: np.ndarray, up: str | None) -> tuple[np.ndarray, np.ndarray]:
    """Places of the joints at the moments (F, M, V, 2), and which are missing (F, M, V)."""
    frames = [round(moment * (keypoint.shape[1] - 1)) for moment, _ in MOMENTS]
    chosen = keypoint[:, frames].swapaxes(0, 1)  # (F, M, V, C)
    return project(chosen, up), absent_persons(chosen)


def _finish(axes: Axes, middle: np.ndarray, size: np.ndarray) -> None:
    axes.set_xlim(middle[0] - size[0] / 2, middle[0] + size[0] / 2)
    axes.set_ylim(middle[1] - size[1] / 2, middle[1] + size[1] / 2)
    axes.set_aspect('equal')
    axes.set_xticks([])
    axes.set_yticks([])


def _mark(axes: Axes, card: Card) -> None:
    """Frame a neighbour and say what it is."""
    look = FRAMES.get(card.right, UNKNOWN)
    title = textwrap.fill(card.title.replace('_', ' '), 15, max_lines=2, placeholder='…')
    axes.set_title(f"{look['sign']} {title}".strip(), fontsize='small')
    axes.spines[:].set(color=look['color'], linestyle=look['linestyle'], linewidth=look['linewidth'])
    axes.set_xlabel(card.note, fontsize='small')
