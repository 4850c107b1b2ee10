"""The figure of training curves."""
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from hico_mm.benchmark.run_log import Curve

from .logged_curves import choose_keys

# Of the keys, told apart without colour too; runs differ in their line.
KEYS = [dict(color=color, marker=marker) for color, marker in zip(
    ('#08519c', '#e6550d', '#31a354', '#756bb1', '#636363', '#d6616b'), 'os^Dvx', strict=True)]
LINES = ('-', '--', ':', '-.')


def draw_curves(runs: dict[str, tuple[dict[str, Curve], dict[str, Curve]]],
                keys: Sequence[str] | None = None) -> Figure:
    """Draw curves over the epochs: training in one panel, validation in another.

    Args:
        runs (dict[str, tuple[dict[str, Curve], dict[str, Curve]]]): Curves of training and of
            validation by the name of the run, see :func:`read_curves`.
        keys (Sequence[str], optional): What to draw. Defaults to :func:`choose_keys` of all runs.

    Returns:
        Figure: As many panels as are needed for the keys.

    Raises:
        ValueError: If a key is in no run, or there is nothing to draw.
    """
    training, validation = ({key: None for run in runs.values() for key in run[part]} for part in (0, 1))
    keys = keys or choose_keys(training, validation)
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
    for axes, (part, drawn, scale, label) in zip(all_axes, panels, strict=True):
        for number, curves in enumerate(runs.values()):
            _draw_run(axes, curves[part], drawn, scale, number)
        axes.set_xlabel('epoch')
        axes.set_ylabel(label)
        axes.legend(fontsize='small')
        axes.grid(alpha=0.4)
        axes.spines[['top', 'right']].set_visible(False)
    if len(runs) > 1:
        lines = [Line2D([], [], color='black', linestyle=_line(number)) for number in range(len(runs))]
        figure.legend(lines, list(runs), loc='outside upper center')
    return figure


def _draw_run(axes: Axes, curves: dict[str, Curve], keys: Sequence[str], scale: int,
              number: int) -> None:
    """Draw the curves of one run; the legend names the keys once."""
    for style, key in enumerate(keys):
        curve = curves.get(key, {})
        axes.plot(list(curve), [scale * value for value in curve.values()], linestyle=_line(number),
                  label=key if number == 0 else None, markersize=4,
                  markevery=max(1, len(curve) // 10), **KEYS[style % len(KEYS)])


def _line(number: int) -> str:
    return LINES[number % len(LINES)]
