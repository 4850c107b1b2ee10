"""Draw accuracy over cost: ``python tools/visualization/plot_costs.py RESULTS.json --out cost.png``."""
import argparse
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, LogLocator, NullLocator

from hico_mm.benchmark.comparison import (
    COSTS,
    accuracy_columns,
    encoder_title,
    title_of,
    value_of,
)
from hico_mm.utils.errors import readable_errors
from hico_mm.visualization import figures

# Told apart without colour, too.
MARKERS = dict(
    pretrained=dict(fmt='o', color='#08519c'),
    untrained=dict(fmt='s', color='#6baed6', markerfacecolor='white'),
    supervised=dict(fmt='^', color='#e6550d'))
LOG_FROM = 8  # ratio of the largest and the least cost


class Point(NamedTuple):
    """An encoder in the figure; ``std`` is None for a single run."""

    config: str
    encoder: str
    cost: float
    accuracy: float  # in percent
    std: float | None
    runs: int


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Draw the accuracy of encoders over what they cost, a point for each.')
    parser.add_argument('results', metavar='RESULTS.json', help='what tools/analysis/benchmark.py wrote')
    parser.add_argument('--y', default='linear', metavar='TASK',
                        help='accuracy: linear, knn, semi_0.1, finetune or supervised; default: linear')
    parser.add_argument('--x', choices=COSTS, default='multiply_adds',
                        help='cost; default: multiply_adds')
    parser.add_argument('--configs', nargs='+', metavar='NAME',
                        help='draw these alone, such as those of one data set; default: all')
    figures.add_out_argument(parser)
    return parser.parse_args()


def load_points(path: str, x: str, y: str, configs: Collection[str] | None = None) -> list[Point]:
    """Read the encoders that have both an accuracy and a cost."""
    rows = figures.read_results(path, 'comparison', ('config', 'encoder', 'accuracy', 'cost'))
    known = {row['config'] for row in rows}
    if missing := sorted({*(configs or ())} - known):
        raise ValueError(f'{path} has no rows of {missing}. It has those of {sorted(known)}.')
    points = []
    for row in rows:
        # Labels trained a supervised network: its accuracy is that of this training, whatever the task.
        accuracy = row['accuracy'].get('supervised' if row['encoder'] == 'supervised' else y)
        cost = value_of(row, x)
        if accuracy and cost is not None and (configs is None or row['config'] in configs):
            points.append(Point(row['config'], row['encoder'], cost, accuracy['mean'], accuracy['std'],
                                accuracy['n']))
    if not points:
        raise ValueError(f'No row of {path} has both the accuracy {y!r} and the cost {x!r}. Its '
                         f'accuracies are {accuracy_columns(rows)}; costs are missing after --no-costs.')
    return points


def draw_cost(points: Sequence[Point], x: str, y: str) -> Figure:
    """Draw accuracy over cost, a point with its name and standard deviation for each encoder."""
    figure = Figure(figsize=(6.4, 4.4), layout='constrained')
    axes = figure.subplots()
    for encoder, style in MARKERS.items():
        these = [point for point in points if point.encoder == encoder]
        if these:
            axes.errorbar([point.cost for point in these], [point.accuracy for point in these],
                          yerr=np.array([point.std for point in these], dtype=float),  # None is NaN
                          capsize=3, label=encoder_title(encoder, [y]), **style)
    costs = [point.cost for point in points]
    if min(costs) > 0 and max(costs) / min(costs) > LOG_FROM:
        axes.set_xscale('log')
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(EngFormatter(sep=''))
    axes.margins(0.45, 0.2)  # for labels
    axes.set_xlim(left=max(axes.get_xlim()[0], 0))
    axes.set_xlabel(title_of(x))
    axes.set_ylabel(f'top-1, {title_of(y)}' + figures.runs_note({point.runs for point in points}))
    axes.legend(loc='lower center', bbox_to_anchor=(0.5, 1), ncols=3, frameon=False)
    figures.finish_axes(axes)
    figure.draw_without_rendering()
    figure.set_layout_engine('none')  # labels are placed for this layout
    names, spreads = {}, {}
    for point in points:
        place = point.cost, point.accuracy
        names.setdefault(place, []).append(point.config)
        spreads[place] = max(spreads.get(place, 0), point.std or 0)
    labels = {place: '\n'.join(dict.fromkeys(these)) for place, these in names.items()}
    figures.label_points(axes, labels, spreads)
    return figure


def main() -> None:
    args = parse_args()
    with readable_errors():
        figures.check_path(args.out)
        points = load_points(args.results, args.x, args.y, args.configs)
        figures.save(draw_cost(points, args.x, args.y), args.out)
    print(f'{args.out}: {title_of(args.y)} over {title_of(args.x)} of {len(points)} encoders')


if __name__ == '__main__':
    main()
