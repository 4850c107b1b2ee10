"""Figures 3 and 4 of the paper."""
import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Told apart without colour too.
BARS = dict(
    joint=dict(color='#08519c'),
    motion=dict(color='#6baed6', hatch='//'),
    bone=dict(color='#c6dbef', hatch='..'),
    fusion=dict(color='#fdae6b', hatch='xx'))
LINES = [dict(color='#08519c', marker='o'), dict(color='#e6550d', marker='s', linestyle='--'),
         dict(color='#31a354', marker='^', linestyle=':'),
         dict(color='#756bb1', marker='D', linestyle='-.')]


def draw_streams(groups: dict[str, dict[str, dict]]) -> Figure:
    """Draw linear evaluation of joint, motion, bone and their fusion (Figure 3).

    Args:
        groups (dict[str, dict[str, dict]]): Rows by base config and by ``'joint'``, ``'motion'``,
            ``'bone'`` and ``'fusion'``, see :func:`select_rows`.

    Returns:
        Figure: One group of bars for each base config.
    """
    figure = Figure(figsize=(2 + 2.6 * len(groups), 3.6), layout='constrained')
    axes = figure.subplots()
    width = 0.8 / len(BARS)
    for number, (label, style) in enumerate(BARS.items()):
        rows = [group[label] for group in groups.values()]
        places = [x + (number - (len(BARS) - 1) / 2) * width for x in range(len(rows))]
        bars = axes.bar(places, [row['mean'] for row in rows], width, label=label, edgecolor='black',
                        yerr=[_spread(row) for row in rows], capsize=3, **style)
        axes.bar_label(bars, fmt='%.1f', padding=2)
    axes.set_xticks(range(len(groups)), list(groups))
    axes.set_ylim(0, 112)  # bars begin at 0; room for the numbers above those of 100 %
    axes.set_yticks(range(0, 101, 20))
    _finish(axes, groups)
    return figure


def draw_granularities(groups: dict[str, dict[int, dict]]) -> Figure:
    """Draw linear evaluation over the number of granularities (Figure 4).

    Args:
        groups (dict[str, dict[int, dict]]): Rows by base config and number of granularities, see
            :func:`select_rows`.

    Returns:
        Figure: One line for each base config.
    """
    figure = Figure(figsize=(4.8, 3.6), layout='constrained')
    axes = figure.subplots()
    for number, (base, rows) in enumerate(groups.items()):
        axes.errorbar(list(rows), [row['mean'] for row in rows.values()],
                      yerr=[_spread(row) for row in rows.values()], capsize=3, label=base,
                      **LINES[number % len(LINES)])
    axes.set_xticks(sorted({number for rows in groups.values() for number in rows}))
    axes.set_xlabel('number of granularities')
    axes.margins(0.1, 0.15)
    _finish(axes, groups)
    return figure


def _spread(row: dict) -> float:
    """Standard deviation over seeds; of a single one there is none."""
    return row['std'] if len(row['values']) > 1 else math.nan


def _finish(axes: Axes, groups: dict[str, dict]) -> None:
    counts = {len(row['values']) for group in groups.values() for row in group.values()}
    seeds = f'{min(counts)}' if len(counts) == 1 else f'{min(counts)} to {max(counts)}'
    spread = f'\nmean ± standard deviation of {seeds} runs' if max(counts) > 1 else ''
    axes.set_ylabel(f'linear evaluation, top-1 (%){spread}')
    axes.legend(loc='lower center', bbox_to_anchor=(0.5, 1), ncols=4, frameon=False)
    axes.grid(axis='y', alpha=0.4)
    axes.set_axisbelow(True)
    axes.spines[['top', 'right']].set_visible(False)
