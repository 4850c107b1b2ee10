"""The files of results: ``results.json``, and its tables in Markdown and LaTeX."""
import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from hico_mm.utils import atomic_write
from hico_mm.utils.provenance import device_name, versions

from .comparison import (
    CONFIG,
    COSTS,
    ENCODERS,
    LESS_IS_BETTER,
    accuracy_columns,
    compare,
    make_rows,
    title_of,
    value_of,
)
from .records import read_costs, read_results

ESCAPED = str.maketrans({'_': r'\_', '%': r'\%', '&': r'\&', '#': r'\#', '±': r'$\pm$'})


def write_results(out: Path, asked: dict, sort: str | None = None, pending: int = 0) -> list[dict]:
    """Write ``results.json`` and its tables, of all jobs that finished in a folder; returns the rows.

    Args:
        out: Folder of the benchmark.
        asked: What the command was asked for.
        sort: Column by which the comparison is sorted, see :func:`compare`.
        pending: Number of jobs that the command has still to do, for a note above the tables.
    """
    rows = make_rows(read_results(out))
    costs = read_costs(out)
    comparison = compare(rows, costs, sort)
    table = comparison_table(comparison)
    content = dict(rows=rows, comparison=comparison, costs=costs, asked=asked, pending=pending,
                   versions=versions(), device=device_name())
    note = f'Unfinished: {pending} jobs are still to come.\n\n' if pending else ''
    for name, text in {'results.json': json.dumps(content, indent=1),
                       'results.md': note + details_table(rows).markdown(),
                       'comparison.md': note + table.markdown(),
                       'comparison.tex': table.latex()}.items():
        with atomic_write(out / name) as file:
            file.write(text.encode())
    return rows


class Column(NamedTuple):
    """A column; one of numbers is aligned to the right."""

    title: str
    numeric: bool = False


class Cell(NamedTuple):
    """A cell; the best of a column is printed bold."""

    text: str = ''
    best: bool = False


class Table(NamedTuple):
    """A table that is written as Markdown or as LaTeX."""

    columns: Sequence[Column]
    lines: Sequence[Sequence[Cell]]

    def markdown(self) -> str:
        """The table in Markdown, with a line break at its end."""
        lines = [[column.title for column in self.columns],
                 ['---:' if column.numeric else '---' for column in self.columns],
                 *([f'**{cell.text}**' if cell.best else cell.text for cell in line]
                   for line in self.lines)]
        return ''.join(f"| {' | '.join(line)} |\n" for line in lines)

    def latex(self) -> str:
        """The table as a ``tabular`` of the package booktabs, with a line break at its end."""
        alignment = ''.join('r' if column.numeric else 'l' for column in self.columns)
        return '\n'.join([
            f'\\begin{{tabular}}{{{alignment}}}', r'\toprule',
            _latex_line(Cell(column.title) for column in self.columns), r'\midrule',
            *map(_latex_line, self.lines), r'\bottomrule', '\\end{tabular}\n'])


def _latex_line(cells: Iterable[Cell]) -> str:
    texts = [(cell.text.translate(ESCAPED), cell.best) for cell in cells]
    return ' & '.join(f'\\textbf{{{text}}}' if best else text for text, best in texts) + r' \\'


def details_table(rows: Sequence[dict]) -> Table:
    """The detailed table of rows of :func:`make_rows`."""
    columns = [Column('config'), Column('task'), Column('labels', True), Column('encoder'),
               *(Column(title, True) for title in ('result (%)', 'last epoch', 'best (epoch)', 'paper')),
               Column('commit'), Column('time', True), Column('samples/s', True)]
    return Table(columns, [[Cell(text) for text in _details(row)] for row in rows])


def _details(row: dict) -> list[str]:
    labels, last_epoch, paper = row['labels'], row['last_epoch'], row['paper']
    speed = row['samples_per_second']
    return [
        row['config'] + (' (smoke)' if row['smoke'] else ''), row['task'],
        '' if labels is None else f'{100 * labels:g} %', row['encoder'],
        f"{_result(row['mean'], row['std'])} (n = {len(row['values'])})",
        '' if last_epoch is None else str(last_epoch), _best(row['best']),
        '' if paper is None else f'{paper:.1f}', row['commit'], _duration(row['seconds']),
        '' if speed is None else f'{speed:.0f}']


def _result(mean: float, std: float | None) -> str:
    """The mean, with '±' and the sample standard deviation if there are several values."""
    return f'{mean:.2f}' + ('' if std is None else f' ± {std:.2f}')


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
    """The table of rows of :func:`compare`, in their order, with the best of each column marked."""
    columns = [Column(CONFIG), Column('encoder')]
    lines = [[Cell(row['config'] + (' (smoke)' if row['smoke'] else '')), Cell(ENCODERS[row['encoder']])]
             for row in compared]
    for name in [*accuracy_columns(compared), *COSTS]:
        values = [value_of(row, name) for row in compared]
        known = [value for value in values if value is not None]
        if not known:
            continue
        unit, scale = _unit(name, known)
        columns.append(Column(title_of(name) + unit, True))
        best = (min if name in LESS_IS_BETTER else max)(known)
        for line, row, value in zip(lines, compared, values, strict=True):
            text = '' if value is None else (
                _significant(value / scale) if name in COSTS
                else _result(value, row['accuracy'][name]['std']))
            # Where all are equal, none is the best.
            line.append(Cell(text, value == best and len(set(known)) > 1))
    return Table(columns, lines)


def _unit(column: str, values: Sequence[float]) -> tuple[str, float]:
    """Choose a unit in which no value is far below 1."""
    if column not in ('parameters', 'multiply_adds'):
        return '', 1
    return (' (G)', 1e9) if min(values) >= 1e9 else (' (M)', 1e6)


def _significant(value: float) -> str:
    """Write three digits, but all of those before the point."""
    decimals = 2 - math.floor(math.log10(value)) if value > 0 else 0
    return f'{value:.{max(0, decimals)}f}'
