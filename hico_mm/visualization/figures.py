"""Files of figures, and what several figures need: names of classes, results, labels of points."""
import json
import os.path as osp
import tempfile
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from hico_mm.evaluation.functional import SIMILARITIES
from hico_mm.utils import atomic_write, check_file, check_writable
from hico_mm.utils.class_names import load_class_names

FORMATS = ('png', 'pdf', 'svg')
ANIMATION = 'gif'
FRAMES_PER_SECOND = 12
# Without the time of writing and random names, the same figure gives the same file. Text stays text.
UNDATED = dict(png={}, pdf=dict(CreationDate=None), svg=dict(Date=None))
SVG = {'svg.hashsalt': 'hico_mm', 'svg.fonttype': 'none'}

# Where a label may stand: distances from its point in points of type, and directions.
DISTANCES = range(4, 90, 6)
DIRECTIONS = np.array([(1, 1), (1, -1), (-1, 1), (-1, -1), (1, 0), (-1, 0), (0, 1), (0, -1)])
MARKER = 3.5  # half of a marker with its edge, in points of type


def add_out_argument(parser: ArgumentParser) -> None:
    """Add ``--out``, the path of the figure, to a command line."""
    parser.add_argument('--out', required=True, metavar='FILE.png', help='the figure; .pdf or .svg, too')


def check_path(path: str, animation: bool = False) -> str:
    """Return the format that a path ends in; refuse others, and a folder that cannot be written."""
    suffix = osp.splitext(path)[1].removeprefix('.').lower()
    formats = (*FORMATS, ANIMATION) if animation else FORMATS
    if suffix not in formats:
        raise ValueError(f'--out {path} has to end in one of {formats}.')
    check_writable(osp.dirname(osp.abspath(path)), '--out')
    return suffix


def check_index(option: str, index: int, count: int, things: str) -> None:
    """Refuse the index of something that is not there."""
    if not 0 <= index < count:
        raise ValueError(f'{option} {index} is out of range: there are {count} {things}, 0 to '
                         f'{count - 1}.')


def save(figure: Figure, path: str) -> None:
    """Write a figure, as a whole or not at all."""
    suffix = check_path(path)
    with rc_context(SVG), atomic_write(path) as file:
        figure.savefig(file, format=suffix, dpi=200, metadata=UNDATED[suffix])


def save_animation(figure: Figure, show: Callable[[int], None], num_frames: int, path: str) -> None:
    """Write a GIF, as a whole or not at all; ``show`` changes the figure to the frame of a number."""
    figure.draw_without_rendering()
    figure.set_layout_engine('none')  # one layout for all frames, or the picture would tremble
    animation = FuncAnimation(figure, show, num_frames)
    # Pillow's writer takes the name of a file, not an open one.
    with tempfile.TemporaryDirectory() as folder, atomic_write(path) as file:
        unfinished = Path(folder) / f'animation.{ANIMATION}'
        animation.save(unfinished, PillowWriter(fps=FRAMES_PER_SECOND), dpi=80)
        file.write(unfinished.read_bytes())


def add_similarity_argument(parser: ArgumentParser) -> None:
    """Add ``--similarity`` to a command line."""
    parser.add_argument('--similarity', choices=[*SIMILARITIES], default='cosine',
                        help='what makes neighbours; default cosine')


def add_class_names_argument(parser: ArgumentParser) -> None:
    """Add ``--class-names`` to a command line."""
    parser.add_argument('--class-names', metavar='FILE',
                        help='text file with a name of a class on each line, or a config whose data set '
                        'names its classes; by default the names in the feature files, else numbers')


def class_names(path: str | None, num_classes: int,
                features: Iterable[Mapping[str, np.ndarray]] = ()) -> list[str]:
    """Name each class: by the file of ``--class-names``, else by the feature files, else by numbers."""
    if path is not None:
        names = load_class_names(path)
        if len(names) < num_classes:
            raise ValueError(f'There are {len(names)} class names for {num_classes} classes. Give one '
                             'for each label, from 0, by --class-names.')
        return names[:num_classes]
    names = [str(number) for number in range(num_classes)]
    for arrays in features:
        for label, name in zip(arrays['label'], arrays.get('class_name', ()), strict=False):
            if name and 0 <= label < num_classes:
                names[label] = str(name)
    return names


def read_results(path: str, part: str, keys: Sequence[str]) -> list[dict]:
    """Read rows of the ``results.json`` of a benchmark, without those of smoke runs.

    ``part`` is ``'rows'`` or ``'comparison'``; each row has to have the ``keys``.
    """
    check_file(path, 'Name the results.json that tools/analysis/benchmark.py wrote.')
    try:
        with open(path, encoding='utf-8') as file:
            rows = json.load(file)[part]
        _ = [row[key] for row in rows for key in keys]
    except (TypeError, KeyError, ValueError) as error:  # no JSON and no text are ValueErrors
        raise ValueError(f'{path} is no results.json of tools/analysis/benchmark.py with {part!r}: '
                         f'{type(error).__name__} {error}. Run the benchmark again: finished parts are '
                         'kept.') from error
    measured = [row for row in rows if not row.get('smoke')]
    if rows and not measured:
        raise ValueError(f'{path} has only rows of smoke runs, whose numbers mean nothing. Run '
                         'tools/analysis/benchmark.py without --smoke.')
    return measured


def runs_note(counts: Iterable[int]) -> str:
    """Say what error bars show, as a line below the name of an axis; nothing for single runs."""
    low, high = min(counts), max(counts)
    runs = f'{low}' if low == high else f'{low} to {high}'
    return f'\nmean ± standard deviation of {runs} runs' if high > 1 else ''


def finish_axes(axes: Axes, grid: str = 'both') -> None:
    """Give axes a faint grid behind the data, and no frame at the top and the right."""
    axes.grid(axis=grid, alpha=0.4)
    axes.set_axisbelow(True)
    axes.spines[['top', 'right']].set_visible(False)


def label_points(axes: Axes, labels: Mapping[tuple[float, float], str],
                 spreads: Mapping[tuple[float, float], float] | None = None) -> None:
    """Write labels beside points (x, y), so that none hides another label, a point or its error bar.

    ``spreads`` are how far error bars reach up and down. Place and limits of the axes must be final.
    """
    pixels = axes.figure.dpi / 72  # of a point of type
    places = np.array(list(labels)).reshape(-1, 2)
    bars = np.array([(0, (spreads or {}).get(place, 0)) for place in labels]).reshape(-1, 2)
    low, points, high = (
        axes.transData.transform(ends) for ends in (places - bars, places, places + bars))
    low, high = low - MARKER * pixels, high + MARKER * pixels  # of what is taken, in pixels
    for point, (place, label) in zip(points, labels.items(), strict=True):
        text = axes.annotate(
            label, place, xytext=(0, 0), textcoords='offset points', fontsize='small', ha='center',
            va='center', bbox=dict(boxstyle='round,pad=0.1', facecolor='white', edgecolor='none'),
            arrowprops=dict(arrowstyle='-', linewidth=0.5, color='#888888', shrinkA=0, shrinkB=2))
        size = Text.get_window_extent(text).size  # without the line to the point
        middles = np.concatenate([DIRECTIONS * (distance * pixels + size / 2) for distance in DISTANCES])
        lows, highs = point + middles - size / 2, point + middles + size / 2  # of the boxes
        outside = np.any((lows < axes.bbox.min) | (highs > axes.bbox.max), axis=1)
        hidden = np.all((lows[:, None] < high) & (highs[:, None] > low), axis=2).sum(axis=1)
        best = np.argmin(hidden + outside)  # the first of the fewest faults
        text.set_position(middles[best] / pixels)
        low, high = np.vstack([low, lows[best]]), np.vstack([high, highs[best]])
