"""The detailed table: a line for each config, task and encoder."""
from collections.abc import Sequence

from .table import Cell, Column, Table

COLUMNS = (
    Column('config'), Column('task'), Column('labels', True), Column('encoder'),
    Column('result (%)', True), Column('last epoch', True), Column('best (epoch)', True),
    Column('paper', True), Column('commit'), Column('time', True), Column('samples/s', True))


def details_table(rows: Sequence[dict]) -> Table:
    """Format rows.

    Args:
        rows (Sequence[dict]): Rows of ``results.json``.

    Returns:
        Table: The table.
    """
    return Table(COLUMNS, [[Cell(text) for text in _texts(row)] for row in rows])


def format_result(mean: float, std: float | None) -> str:
    """Write a result.

    Args:
        mean (float): The mean.
        std (float, optional): The sample standard deviation, None of a single value.

    Returns:
        str: The mean, with '±' and the deviation behind it if there is one.
    """
    return f'{mean:.2f}' + ('' if std is None else f' ± {std:.2f}')


def _texts(row: dict) -> list[str]:
    labels, last_epoch, paper = row['labels'], row['last_epoch'], row['paper']
    speed = row['samples_per_second']
    return [
        row['config'] + (' (smoke)' if row['smoke'] else ''), row['task'],
        '' if labels is None else f'{100 * labels:g} %', row['encoder'],
        f"{format_result(row['mean'], row['std'])} (n = {len(row['values'])})",
        '' if last_epoch is None else str(last_epoch), _best(row['best']),
        '' if paper is None else f'{paper:.1f}', row['commit'], _duration(row['seconds']),
        '' if speed is None else f'{speed:.0f}']


def _best(best: dict | None) -> str:
    if best is None:
        return ''
    first, last = min(best['epoch']), max(best['epoch'])
    epochs = str(first) if first == last else f'{first}-{last}'
    return f"{best['mean']:.2f} ({epochs})"


def _duration(seconds: float | None) -> str:
    """Write hours, minutes and seconds, as 1:02:03."""
    if seconds is None:
        return ''
    minutes, seconds = divmod(round(seconds), 60)
    return f'{minutes // 60}:{minutes % 60:02}:{seconds:02}'
