"""Figures of what the network sees of a sequence: two augmented views below, or beside, the original."""
import textwrap
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .skeleton_drawing import FROM_THE_FRONT, absent_persons, bounds, draw_pose, project, set_pose
from .view_pair import ViewPair

WIDTH = 1.15  # of a pose in a strip, in inches
MARGIN = [[-0.04], [0.04]]  # of a box, in the unit of the joints
STEP = 1.08  # from pose to pose, in widths of the widest


class Row(NamedTuple):
    """Some frames of one sequence, their joints, and which of these are missing."""

    title: str
    note: str
    frames: np.ndarray  # (F, )
    places: np.ndarray  # (F, M, V, 2)
    missing: np.ndarray  # (F, M, V) bool
    box: np.ndarray  # lower left and upper right corner of all poses, (2, 2)


def choose_rows(pair: ViewPair, num_frames: int, up: str | None = None) -> list[Row]:
    """Choose evenly spaced frames of the original and of both views.

    Args:
        pair (ViewPair): The views.
        num_frames (int): Number of frames F.
        up (str, optional): Which coordinate points up, see :func:`project`.

    Returns:
        list[Row]: The original, view 1, and view 2.

    Raises:
        ValueError: If the joints cannot be drawn, see :func:`project`.
    """
    nothing = np.zeros(pair.original.shape[::2], dtype=bool)  # (M, V)
    rows = [_choose_row('original', pair.original, nothing, num_frames, up)]
    return rows + [_choose_row(f'view {number}', view, zeroed, num_frames, up) for number, (view, zeroed)
                   in enumerate(zip(pair.views, pair.zeroed, strict=True), 1)]


def draw_strip(pair: ViewPair, num_frames: int = 8, up: str | None = None) -> Figure:
    """Draw frames of the original and of both views side by side, all of one scale.

    Args:
        pair (ViewPair): The views.
        num_frames (int): How many frames of each. Defaults to 8.
        up (str, optional): Which coordinate points up, see :func:`project`.

    Returns:
        Figure: Three rows.

    Raises:
        ValueError: If there is not at least one frame, or the joints cannot be drawn.
    """
    if num_frames < 1:
        raise ValueError(f'--frames {num_frames} has to be at least 1.')
    rows = choose_rows(pair, num_frames, up)
    size = np.array([row.box[1] - row.box[0] for row in rows])  # (3, x and y)
    step = STEP * size[:, 0].max()
    heights = size[:, 1] * WIDTH / step  # in inches
    figure = Figure(figsize=(num_frames * WIDTH + 1.1, heights.sum() + 1.4), layout='constrained')
    figure.get_layout_engine().set(w_pad=0.1)
    all_axes = figure.subplots(len(rows), 1, height_ratios=heights)
    for axes, row in zip(all_axes, rows, strict=True):
        centres = step * np.arange(num_frames)
        for centre, places, missing in zip(centres, row.places, row.missing, strict=True):
            draw_pose(axes, places + [centre - row.box[:, 0].mean(), 0], pair.parents, missing)
        axes.set_xlim(-step / 2, centres[-1] + step / 2)
        axes.set_xticks(centres, row.frames, fontsize='small')
        _finish(axes, row.box)
        title = f'{row.title}\n{textwrap.fill(row.note, 12)}'.strip()
        axes.set_ylabel(title, rotation=0, ha='right', va='center')
    figure.suptitle(f'{pair.name}\n{pair.content}', fontsize='medium')
    figure.supxlabel(f'frame\n{FROM_THE_FRONT}', fontsize='medium')
    return figure


def draw_panels(pair: ViewPair, up: str | None = None) -> tuple[Figure, Callable[[int], None], int]:
    """Draw original and views side by side, to be animated.

    Args:
        pair (ViewPair): The views.
        up (str, optional): Which coordinate points up, see :func:`project`.

    Returns:
        tuple[Figure, Callable, int]: Three panels, a function that goes to a frame by its number, and
        the number of frames: that of the views. The original runs as long.

    Raises:
        ValueError: If the joints cannot be drawn, see :func:`project`.
    """
    num_frames = pair.views.shape[2]
    rows = choose_rows(pair, num_frames, up)
    size = np.max([row.box[1] - row.box[0] for row in rows], axis=0)  # x and y, of one scale
    figure = Figure(figsize=(6.6, 2.2 * min(size[1] / size[0], 2) + 1.1), layout='constrained')
    panels = []
    for axes, row in zip(figure.subplots(1, len(rows)), rows, strict=True):
        panels.append((axes, row, draw_pose(axes, row.places[0], pair.parents, row.missing[0])))
        middle = row.box.mean(axis=0)
        axes.set_xlim(middle[0] - size[0] / 2, middle[0] + size[0] / 2)
        axes.set_xticks([])
        _finish(axes, middle + [-size / 2, size / 2])
        axes.set_title(f'{row.title}\n{row.note}', fontsize='small')
    figure.suptitle(f'{pair.name}\n{pair.content}', fontsize='small')
    figure.supxlabel(FROM_THE_FRONT, fontsize='small')

    def show(frame: int) -> None:
        for axes, row, lines in panels:
            set_pose(lines, row.places[frame], pair.parents, row.missing[frame])
            axes.set_xlabel(f'frame {row.frames[frame]}', fontsize='small')

    show(0)
    return figure, show, num_frames


def _choose_row(title: str, keypoint: np.ndarray, zeroed: np.ndarray, num_frames: int,
                up: str | None) -> Row:
    frames = np.linspace(0, keypoint.shape[1] - 1, num_frames).round().astype(int)
    chosen = keypoint[:, frames].swapaxes(0, 1)  # (F, M, V, C)
    count = zeroed.any(axis=0).sum()
    note = f'{count} joints at zero (×)' if count else ''
    places, absent = project(chosen, up), absent_persons(chosen)
    return Row(title, note, frames, places, zeroed | absent, bounds(places, absent) + MARGIN)


def _finish(axes: Axes, box: np.ndarray) -> None:
    axes.set_ylim(*box[:, 1])
    axes.set_yticks([])
    axes.set_aspect('equal')
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
