"""Draw Figure 3 or 4 of the paper: ``python tools/visualization/plot_results.py RESULTS.json``."""
import argparse
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hico_mm.utils.errors import readable_errors
from hico_mm.visualization import figures

# What follows the name of the base config in Figure 3 and in Figure 4.
SUFFIXES = {3: dict(joint='', motion='_motion', bone='_bone'), 4: {1: '_1g', 2: '_2g', 3: '_3g', 4: ''}}
# Told apart without colour, too.
BARS = dict(
    joint=dict(color='#08519c'),
    motion=dict(color='#6baed6', hatch='//'),
    bone=dict(color='#c6dbef', hatch='..'),
    fusion=dict(color='#fdae6b', hatch='xx'))
LINES = [dict(color='#08519c', marker='o'), dict(color='#e6550d', marker='s', linestyle='--'),
         dict(color='#31a354', marker='^', linestyle=':'),
         dict(color='#756bb1', marker='D', linestyle='-.')]


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Draw linear evaluation of pre-trained encoders, as in Figure 3 or 4 of the paper.')
    parser.add_argument('results', metavar='RESULTS.json', help='what tools/analysis/benchmark.py wrote')
    parser.add_argument('--figure', type=int, choices=[3, 4], required=True,
                        help='3: joint, motion, bone and their fusion; 4: number of granularities')
    parser.add_argument('--base', nargs='+', metavar='NAME',
                        help='configs of which variations are compared, such as hico_ntu60 with '
                        'hico_ntu60_bone; by default all that have some in the file')
    figures.add_out_argument(parser)
    return parser.parse_args()


def load_rows(path: str) -> dict[str, dict]:
    """Read linear evaluation and fusion of pre-trained encoders, by their configs' sorted names."""
    rows = figures.read_results(path, 'rows', ('config', 'task', 'encoder', 'mean'))
    return {_sorted_names(row['config']): row for row in rows
            if row['task'] in ('linear', 'fusion') and row['encoder'] == 'pretrained'}


def select_rows(rows: dict[str, dict], figure: int,
                bases: Sequence[str] | None = None) -> dict[str, dict]:
    """Choose each base config's rows, by stream and fusion or by number of granularities."""
    suffixes = SUFFIXES[figure]
    varied = {name.removesuffix(suffix) for name in rows for suffix in filter(None, suffixes.values())
              if name.endswith(suffix) and '+' not in name}
    bases = bases or sorted(varied)
    if not bases:
        raise ValueError(f'Figure {figure} compares variations {[*filter(None, suffixes.values())]} of '
                         f'a config, but there are only rows of {sorted(rows)}. Name the config by '
                         '--base to see what is missing.')
    names = {base: {label: base + suffix for label, suffix in suffixes.items()} for base in bases}
    if figure == 3:
        for of_base in names.values():
            of_base['fusion'] = _sorted_names('+'.join(of_base.values()))
    missing = [name for of_base in names.values() for name in of_base.values() if name not in rows]
    if missing:
        raise ValueError(f'Figure {figure} needs rows of linear evaluation that are missing: {missing}. '
                         f'Run, with the folder of the results as --out: {_benchmark_commands(missing)}')
    return {base: {label: rows[name] for label, name in of_base.items()}
            for base, of_base in names.items()}


def _sorted_names(names: str) -> str:
    return '+'.join(sorted(names.split('+')))


def _benchmark_commands(missing: Sequence[str]) -> str:
    """Commands for missing rows, one for each fusion with all of its streams: finished ones are kept."""
    fusions = [name.split('+') for name in missing if '+' in name]
    single = [name for name in missing if '+' not in name and not any(name in them for them in fusions)]
    commands = [(fusion, ' --fuse') for fusion in fusions] + [(single, '')] * bool(single)
    return ' and '.join(f"python tools/analysis/benchmark.py {' '.join(names)} --tasks linear{option}"
                        for names, option in commands)


def draw_streams(groups: dict[str, dict[str, dict]]) -> Figure:
    """Draw Figure 3, a group of bars for each base config, from what :func:`select_rows` chose."""
    figure = Figure(figsize=(2 + 2.6 * len(groups), 3.6), layout='constrained')
    axes = figure.subplots()
    width = 0.8 / len(BARS)
    for number, (label, style) in enumerate(BARS.items()):
        rows = [group[label] for group in groups.values()]
        places = [x + (number - (len(BARS) - 1) / 2) * width for x in range(len(rows))]
        bars = axes.bar(places, [row['mean'] for row in rows], width, label=label, edgecolor='black',
                        yerr=np.array([row['std'] for row in rows], dtype=float), capsize=3, **style)
        axes.bar_label(bars, fmt='%.1f', padding=2)
    axes.set_xticks(range(len(groups)), list(groups))
    axes.set_ylim(0, 112)  # bars begin at 0; room for the numbers above those of 100 %
    axes.set_yticks(range(0, 101, 20))
    _finish(axes, groups)
    return figure


def draw_granularities(groups: dict[str, dict[int, dict]]) -> Figure:
    """Draw Figure 4, a line for each base config, from what :func:`select_rows` chose."""
    figure = Figure(figsize=(4.8, 3.6), layout='constrained')
    axes = figure.subplots()
    for number, (base, rows) in enumerate(groups.items()):
        axes.errorbar(list(rows), [row['mean'] for row in rows.values()],
                      yerr=np.array([row['std'] for row in rows.values()], dtype=float),
                      capsize=3, label=base, **LINES[number % len(LINES)])
    axes.set_xticks(sorted({number for rows in groups.values() for number in rows}))
    axes.set_xlabel('number of granularities')
    axes.margins(0.1, 0.15)
    _finish(axes, groups)
    return figure


def _finish(axes: Axes, groups: dict[str, dict]) -> None:
    runs = {len(row['values']) for group in groups.values() for row in group.values()}
    axes.set_ylabel('linear evaluation, top-1 (%)' + figures.runs_note(runs))
    axes.legend(loc='lower center', bbox_to_anchor=(0.5, 1), ncols=4, frameon=False)
    figures.finish_axes(axes, grid='y')


def main() -> None:
    args = parse_args()
    with readable_errors():
        figures.check_path(args.out)
        groups = select_rows(load_rows(args.results), args.figure, args.base)
        figures.save(draw_streams(groups) if args.figure == 3 else draw_granularities(groups), args.out)
    print(f"{args.out}: Figure {args.figure} of {', '.join(groups)}")


if __name__ == '__main__':
    main()
