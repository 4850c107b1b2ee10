"""Encoders side by side: the accuracy of every task, and what it costs."""
import math
from collections.abc import Mapping, Sequence

from .details import format_result
from .table import Cell, Column, Table

TASKS = dict(linear='linear', knn='kNN', semi='semi', finetune='finetune', supervised='supervised')
# Fine-tuning an untrained encoder is training from scratch.
ENCODERS = dict(pretrained='pretrained', untrained='untrained; from scratch', supervised='supervised')
COSTS = dict(
    parameters='parameters', multiply_adds='multiply-adds',
    training_samples_per_second='training (samples/s)',
    inference_samples_per_second='inference (samples/s)',
    training_memory_mib='training memory (MiB)')
OF_TRAINING = ('training_samples_per_second', 'training_memory_mib')
LESS_IS_BETTER = ('parameters', 'multiply_adds', 'training_memory_mib')
CONFIG = 'config'


def task_column(task: str, labels: float | None = None) -> str:
    """Name the column of a task.

    Args:
        task (str): The task. A fusion is one of linear evaluations.
        labels (float, optional): Labelled fraction of 'semi'. Defaults to None.

    Returns:
        str: The name, such as 'linear' or 'semi_0.1'.
    """
    return ('linear' if task == 'fusion' else task) + ('' if labels is None else f'_{labels:g}')


def title_of(column: str) -> str:
    """Give the title of a column.

    Args:
        column (str): Name of a task's column, or one of ``COSTS``.

    Returns:
        str: The title, of a task with its unit.
    """
    if column in COSTS:
        return COSTS[column]
    task, _, labels = column.partition('_')
    return f'{TASKS[task]} {labels}'.rstrip() + ' (%)'


def compare(rows: Sequence[dict], costs: Mapping[str, dict], sort: str | None = None) -> list[dict]:
    """Put the results of each config and encoder into one row.

    Args:
        rows (Sequence[dict]): A row for each config, task and encoder, see :func:`make_rows`.
        costs (Mapping[str, dict]): Costs by config, see :func:`measure_costs`. An untrained encoder
            has those of inference alone: the training that was measured is not its own.
        sort (str, optional): Column by which the rows are sorted, the best first; 'config' for the
            alphabet. Rows that are equal or have nothing there follow by their accuracies. Defaults
            to None: the first accuracy.

    Returns:
        list[dict]: ``config``, ``encoder``, ``smoke``, ``accuracy`` (by column a dict of ``mean`` in
        percent, ``std`` and ``n``) and ``cost`` (by name).
    """
    compared = {}
    for row in rows:
        if row['task'] == 'pretrain':  # its result is that of retrieval
            continue
        entry = compared.setdefault((row['config'], row['encoder']), dict(
            config=row['config'], encoder=row['encoder'], smoke=row['smoke'], accuracy={},
            cost=_cost(costs.get(row['config'], {}), row['encoder'])))
        entry['smoke'] |= row['smoke']
        entry['accuracy'][task_column(row['task'], row['labels'])] = dict(
            mean=row['mean'], std=row['std'], n=len(row['values']))
    compared = list(compared.values())
    columns = [*([sort] if sort else []), *accuracy_columns(compared)]
    return sorted(compared, key=lambda row: [_rank(row, column) for column in columns])


def accuracy_columns(compared: Sequence[dict]) -> list[str]:
    """List the columns of tasks.

    Args:
        compared (Sequence[dict]): Rows of :func:`compare`.

    Returns:
        list[str]: Their names, in the order of the table.
    """
    def place(column: str) -> tuple[int, float]:
        task, _, labels = column.partition('_')
        return list(TASKS).index(task), float(labels or 0)

    return sorted({column for row in compared for column in row['accuracy']}, key=place)


def value_of(row: dict, column: str) -> float | None:
    """Take a number of a row.

    Args:
        row (dict): A row of :func:`compare`.
        column (str): Name of the column.

    Returns:
        float or None: The number, of an accuracy its mean; None if there is none.
    """
    if column in COSTS:
        return row['cost'].get(column)
    return row['accuracy'].get(column, {}).get('mean')


def comparison_table(compared: Sequence[dict]) -> Table:
    """Format rows of :func:`compare`.

    Args:
        compared (Sequence[dict]): The rows, in their order.

    Returns:
        Table: The table, with the best of each column marked.
    """
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
                else format_result(value, row['accuracy'][name]['std']))
            # Where all are equal, none is the best.
            line.append(Cell(text, value == best and len(set(known)) > 1))
    return Table(columns, lines)


def _cost(cost: dict, encoder: str) -> dict:
    names = [name for name in COSTS if encoder != 'untrained' or name not in OF_TRAINING]
    return {name: cost[name] for name in names if name in cost}


def _rank(row: dict, column: str) -> tuple[bool, float | str]:
    """Key of an ascending order in which the best is first, and who has no value last."""
    if column == CONFIG:
        return False, row['config']
    value = value_of(row, column)
    if value is None:
        return True, 0.0
    return False, value if column in LESS_IS_BETTER else -value


def _unit(column: str, values: Sequence[float]) -> tuple[str, float]:
    """Choose a unit in which no value is far below 1."""
    if column not in ('parameters', 'multiply_adds'):
        return '', 1
    return (' (G)', 1e9) if min(values) >= 1e9 else (' (M)', 1e6)


def _significant(value: float) -> str:
    """Write three digits, but all of those before the point."""
    decimals = 2 - math.floor(math.log10(value)) if value > 0 else 0
    return f'{value:.{max(0, decimals)}f}'
