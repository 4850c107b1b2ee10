"""The result table as Markdown."""
from collections.abc import Sequence

HEADER = ('config', 'task', 'labels', 'encoder', 'result (%)', 'last epoch', 'best (epoch)', 'paper',
          'commit', 'time', 'samples/s')
NUMERIC = ('labels', 'result (%)', 'last epoch', 'best (epoch)', 'paper', 'time', 'samples/s')


def markdown_table(rows: Sequence[dict]) -> str:
    """Format rows as a Markdown table.

    Args:
        rows (Sequence[dict]): Rows of ``results.json``.

    Returns:
        str: The table, with a line break at its end.
    """
    lines = [HEADER, ['---:' if name in NUMERIC else '---' for name in HEADER], *map(_cells, rows)]
    return ''.join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _cells(row: dict) -> list[str]:
    labels, last_epoch, paper = row['labels'], row['last_epoch'], row['paper']
    speed = row['samples_per_second']
    return [
        row['config'] + (' (smoke)' if row['smoke'] else ''), row['task'],
        '' if labels is None else f'{100 * labels:g} %', row['encoder'],
        _result(row), '' if last_epoch is None else str(last_epoch), _best(row['best']),
        '' if paper is None else f'{paper:.1f}', row['commit'], _duration(row['seconds']),
        '' if speed is None else f'{speed:.0f}']


def _result(row: dict) -> str:
    number = len(row['values'])
    if row['std'] is None:
        return f"{row['mean']:.2f} (n = {number})"
    return f"{row['mean']:.2f} ± {row['std']:.2f} (n = {number})"


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
