"""The files of results: ``results.json``, and its tables in Markdown and LaTeX."""
import json
import math
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from hico_mm.utils import atomic_write
from hico_mm.utils.provenance import device_name, versions

from .comparison import (
    CONFIG,
    COSTS,
    LESS_IS_BETTER,
    accuracy_columns,
    compare,
    encoder_title,
    make_rows,
    title_of,
    value_of,
)
from .records import read_costs, read_results

ESCAPED = str.maketrans({'_': r'\_', '%': r'\%', '&': r'\&', '#': r'\#', '±': r'$\pm$'})
TEXTS = (CONFIG, 'task', 'encoder', 'commit')  # columns aligned to the left; numbers to the right
Table = dict[str, list[str]]  # cells by title of the column; bold ones in asterisks, as in Markdown


def write_results(out: Path, asked: dict, sort: str | None = None, pending: int = 0) -> list[dict]:
    """Write ``results.json`` and its tables, of all jobs that finished in a folder; returns the rows.

    A note above the tables says how many jobs are ``pending``.
    """
    rows = make_rows(read_results(out))
    costs = read_costs(out)
    comparison = compare(rows, costs, sort)
    table = comparison_table(comparison)
    content = dict(rows=rows, comparison=comparison, costs=costs, asked=asked, pending=pending,
                   versions=versions(), device=device_name())
    note = f'Unfinished: {pending} jobs are still to come.\n\n' if pending else ''
    for name, text in {'results.json': json.dumps(content, indent=1),
                       'results.md': note + to_markdown(details_table(rows)),
                       'comparison.md': note + to_markdown(table),
                       'comparison.tex': to_latex(table)}.items():
        with atomic_write(out / name) as file:
            file.write(text.encode())
    return rows


def to_markdown(table: Table) -> str:
    """Write a table in Markdown, with a line break at its end."""
    lines = [list(table), ['---' if title in TEXTS else '---:' for title in table],
             *zip(*table.values(), strict=True)]
    return ''.join(f"| {' | '.join(line)} |\n" for line in lines)


def to_latex(table: Table) -> str:
    """Write a table as a ``tabular`` of the package booktabs, with a line break at its end."""
    def to_line(cells: Iterable[str]) -> str:
        return ' & '.join(re.sub(r'\*\*(.*)\*\*', r'\\textbf{\1}', cell.translate(ESCAPED))
                          for cell in cells) + r' \\'

    alignment = ''.join('l' if title in TEXTS else 'r' for title in table)
    return '\n'.join([
        f'\\begin{{tabular}}{{{alignment}}}', r'\toprule', to_line(table), r'\midrule',
        *map(to_line, zip(*table.values(), strict=True)), r'\bottomrule', '\\end{tabular}\n'])


def details_table(rows: Sequence[dict]) -> Table:
    """The detailed table of rows of :func:`make_rows`."""
    def column(key: str, form: str = '{:.0f}') -> list[str]:
        return ['' if row[key] is None else form.format(row[key]) for row in rows]

    return {
        CONFIG: [_name(row) for row in rows],
        'task': [row['task'] for row in rows],
        'labels': [_labels(row['labels']) for row in rows],
        'encoder': [row['encoder'] for row in rows],
        'result (%)': [_result(row['mean'], row['std'], len(row['values']), row['encoders'])
                       for row in rows],
        'last epoch': column('last_epoch'),
        'best (epoch)': [_best(row['best']) for row in rows],
        'paper': column('paper', '{:.1f}'),
        'commit': [row['commit'] for row in rows],
        'time': [_duration(row['seconds']) for row in rows],
        'samples/s': column('samples_per_second')}


def _name(row: dict) -> str:
    return row['config'] + (' (smoke)' if row['smoke'] else '')


def _result(mean: float, std: float | None, n: int, encoders: int) -> str:
    """The mean; of several values with '± std', their number, and that of the encoders if it is less."""
    if std is None:
        return f'{mean:.2f}'
    of = '' if encoders >= n else f' of {encoders} encoder' + 's' * (encoders > 1)
    return f'{mean:.2f} ± {std:.2f} (n = {n}{of})'


def _labels(labels: float | None) -> str:
    if labels is None:
        return ''
    return f'{labels:g} per class' if labels >= 1 else f'{100 * labels:g} %'


def _best(best: dict | None) -> str:
    if best is None:
        return ''
    first, last = min(best['epoch']), max(best['epoch'])
    epochs = str(first) if first == last else f'{first}-{last}'
    return f"{best['mean']:.2f} ({epochs})"


def _duration(seconds: float | None) -> str:
    """Hours, minutes and seconds, as 1:02:03."""
    if seconds is None:
        return ''
    minutes, seconds = divmod(round(seconds), 60)
    return f'{minutes // 60}:{minutes % 60:02}:{seconds:02}'


def comparison_table(compared: Sequence[dict]) -> Table:
    """The table of rows of :func:`compare`, in their order, with the best of each column in bold."""
    table = {CONFIG: [_name(row) for row in compared],
             'encoder': [encoder_title(row['encoder'], row['accuracy']) for row in compared]}
    for name in [*accuracy_columns(compared), *COSTS]:
        values = [value_of(row, name) for row in compared]
        known = [value for value in values if value is not None]
        if not known:
            continue
        unit, scale = _unit(name, known)
        texts = ['' if value is None else _significant(value / scale) if name in COSTS
                 else _result(**row['accuracy'][name])
                 for row, value in zip(compared, values, strict=True)]
        best = (min if name in LESS_IS_BETTER else max)(known)
        # Where all are equal, none is the best.
        table[title_of(name) + unit] = [
            f'**{text}**' if value == best and len(set(known)) > 1 else text
            for text, value in zip(texts, values, strict=True)]
    return table


def _unit(column: str, values: Sequence[float]) -> tuple[str, float]:
    """Choose a unit in which no value is far below 1."""
    if column not in ('parameters', 'multiply_adds'):
        return '', 1
    return (' (G)', 1e9) if min(values) >= 1e9 else (' (M)', 1e6)


def _significant(value: float) -> str:
    """Write three digits, but all of those before the point."""
    decimals = 2 - math.floor(math.log10(value)) if value > 0 else 0
    return f'{value:.{max(0, decimals)}f}'
