"""The figure of accuracy over cost."""
import math
from collections.abc import Collection, Sequence
from typing import NamedTuple

from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, LogLocator, NullLocator

from hico_mm.benchmark.comparison import ENCODERS, accuracy_columns, title_of, value_of

from .labels import label_points
from .results_file import check_measured, open_results

# Told apart without colour too.
MARKERS = dict(
    pretrained=dict(fmt='o', color='#08519c'),
    untrained=dict(fmt='s', color='#6baed6', markerfacecolor='white'),
    supervised=dict(fmt='^', color='#e6550d'))
LOG_FROM = 8  # ratio of the largest and the least cost


class Point(NamedTuple):
    """An encoder in the figure.

    Attributes:
        config (str): Name of its config.
        encoder (str): One of ``ENCODERS``.
        cost (float): What it costs.
        accuracy (float): Its mean accuracy in percent.
        std (float, optional): The standard deviation; of a single run there is none.
        runs (int): How often it was measured.
    """

    config: str
    encoder: str
    cost: float
    accuracy: float
    std: float | None
    runs: int


def load_points(path: str, x: str, y: str, configs: Collection[str] | None = None) -> list[Point]:
    """Read the encoders that have both an accuracy and a cost from what benchmark.py wrote.

    Args:
        path (str): Path of ``results.json``.
        x (str): Name of a cost, such as ``'multiply_adds'``.
        y (str): Name of a task's column, such as ``'linear'`` or ``'semi_0.1'``.
        configs (Collection[str], optional): Names of the configs to take, such as those of one data
            set. Defaults to None, for all.

    Returns:
        list[Point]: Those that were not measured by smoke runs. Where labels trained the network, its
        accuracy is that of this training, whatever the task.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is not of the benchmark, has nothing but smoke runs, whose numbers mean nothing,
            lacks one of the configs, or no row has both.
    """
    with open_results(path, ' with a comparison',
                      ' Run the benchmark again, which repeats nothing.') as results:
        rows = results['comparison']
        measured = [row for row in rows if not row['smoke']]
        columns = accuracy_columns(measured)
        points = [_point(row, x, 'supervised' if row['encoder'] == 'supervised' else y)
                  for row in measured if configs is None or row['config'] in configs]
        points = [point for point in points if None not in (point.cost, point.accuracy)]
    check_measured(path, rows)
    known = {row['config'] for row in measured}
    if missing := sorted({*(configs or ())} - known):
        raise ValueError(f'{path} has no rows of {missing}. It has those of {sorted(known)}.')
    if not points:
        raise ValueError(f'No row of {path} has both the accuracy {y!r} and the cost {x!r}. Its '
                         f'accuracies are {columns}; costs are missing after --no-costs.')
    return points


def _point(row: dict, x: str, y: str) -> Point:
    accuracy = row['accuracy'].get(y, {})
    return Point(row['config'], row['encoder'], value_of(row, x), accuracy.get('mean'),
                 accuracy.get('std'), accuracy.get('n'))


def draw_cost(points: Sequence[Point], x: str, y: str) -> Figure:
    """Draw accuracy over cost, a point for each encoder.

    Args:
        points (Sequence[Point]): The encoders.
        x (str): Name of the cost.
        y (str): Name of the accuracy.

    Returns:
        Figure: Points with the names of the configs, and the standard deviation where there is one.
    """
    figure = Figure(figsize=(6.4, 4.4), layout='constrained')
    axes = figure.subplots()
    for encoder, title in ENCODERS.items():
        these = [point for point in points if point.encoder == encoder]
        if these:
            axes.errorbar([point.cost for point in these], [point.accuracy for point in these],
                          yerr=[math.nan if point.std is None else point.std for point in these],
                          capsize=3, label=title, **MARKERS[encoder])
    costs = [point.cost for point in points]
    if min(costs) > 0 and max(costs) / min(costs) > LOG_FROM:
        axes.set_xscale('log')
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(EngFormatter(sep=''))
    axes.margins(0.45, 0.2)  # for labels
    axes.set_xlim(left=max(axes.get_xlim()[0], 0))
    axes.set_xlabel(title_of(x))
    counts = {point.runs for point in points}
    runs = f'{min(counts)}' if len(counts) == 1 else f'{min(counts)} to {max(counts)}'
    spread = f'\nmean ± standard deviation of {runs} runs' if max(counts) > 1 else ''
    axes.set_ylabel(f'top-1, {title_of(y)}{spread}')
    axes.legend(loc='lower center', bbox_to_anchor=(0.5, 1), ncols=3, frameon=False)
    axes.grid(alpha=0.4)
    axes.spines[['top', 'right']].set_visible(False)
    figure.draw_without_rendering()
    figure.set_layout_engine('none')  # labels are placed for this layout
    names, spreads = {}, {}
    for point in points:
        place = point.cost, point.accuracy
        names.setdefault(place, []).append(point.config)
        spreads[place] = max(spreads.get(place, 0), point.std or 0)
    label_points(axes, {place: '\n'.join(dict.fromkeys(these)) for place, these in names.items()},
                 spreads)
    return figure
