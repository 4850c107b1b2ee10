"""Draw the curves of a training: ``python tools/visualization/plot_curves.py WORK_DIR``."""
import argparse
from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from hico_mm.benchmark.run_log import Curve, read_curves
from hico_mm.utils.errors import readable_errors
from hico_mm.visualization import figures

# Of the keys, told apart without colour, too.
KEYS = [dict(color=color, marker=marker) for color, marker in zip(
    ('#08519c', '#e6550d', '#31a354', '#756bb1', '#636363', '#d6616b'), 'os^Dvx', strict=True)]
LINES = ('-', '--', ':', '-.')  # of the runs


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Draw what runs logged: in one panel training, in the other validation.')
    parser.add_argument('runs', nargs='+', metavar='WORK_DIR',
                        help='folder of a run, with all times it was resumed, or one scalars.json')
    parser.add_argument('--keys', nargs='+', metavar='KEY',
                        help='what to draw, such as loss_clip or knn/top1; by default the losses of all '
                        'levels, and knn/top1 or acc/top1')
    figures.add_out_argument(parser)
    return parser.parse_args()


def draw_curves(runs: dict[str, tuple[dict[str, Curve], dict[str, Curve]]],
                keys: Sequence[str] | None = None) -> Figure:
    """Draw curves of training and of validation by the name of the run, in as many panels as needed."""
    # Keys in the order in which they were logged.
    training, validation = ({key: None for run in runs.values() for key in run[part]} for part in (0, 1))
    keys = keys or [key for key in training if key.startswith('loss_')] + [
        key for key in validation if key.endswith('/top1')][:1]
    unknown = [key for key in keys if key not in training and key not in validation]
    if unknown or not keys:
        raise ValueError(f"{', '.join(runs)} logged no {unknown or 'losses and accuracies'}. Choose "
                         f'--keys from {sorted({*training, *validation})}.')
    losses = [key for key in keys if key in training]
    measures = [key for key in keys if key in validation]
    panels = [panel for panel in [
        (0, losses, 1, 'loss' if all('loss' in key for key in losses) else 'training'),
        (1, measures, 100, 'validation (%)'),  # logged as fractions
    ] if panel[1]]

    figure = Figure(figsize=(4.8 * len(panels), 3.6), layout='constrained')
    all_axes = figure.subplots(1, len(panels), sharex=True, squeeze=False)[0]
    lines = [LINES[number % len(LINES)] for number in range(len(runs))]
    for axes, (part, drawn, scale, label) in zip(all_axes, panels, strict=True):
        for number, (curves, line) in enumerate(zip(runs.values(), lines, strict=True)):
            for style, key in enumerate(drawn):
                curve = curves[part].get(key, {})
                axes.plot(list(curve), [scale * value for value in curve.values()], linestyle=line,
                          label=key if number == 0 else None,  # the legend names each key once
                          markersize=4, markevery=max(1, len(curve) // 10), **KEYS[style % len(KEYS)])
        axes.set_xlabel('epoch')
        axes.set_ylabel(label)
        axes.legend(fontsize='small')
        figures.finish_axes(axes)
    if len(runs) > 1:
        handles = [Line2D([], [], color='black', linestyle=line) for line in lines]
        figure.legend(handles, list(runs), loc='outside upper center')
    return figure


def main() -> None:
    args = parse_args()
    with readable_errors():
        figures.check_path(args.out)
        figures.save(draw_curves({path: read_curves(path) for path in args.runs}, args.keys), args.out)
    print(f"{args.out}: curves of {', '.join(args.runs)}")


if __name__ == '__main__':
    main()
