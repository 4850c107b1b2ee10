"""Results as rows: one for each config, task and encoder, and encoders side by side."""
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from statistics import fmean, stdev

from .jobs import OWN_TRAINING, TASKS, Job, encoder_name
from .paper_numbers import PAPER_NUMBERS

TITLES = dict(linear='linear', knn='kNN', semi='semi', finetune='finetune', supervised='supervised')
COSTS = dict(
    parameters='parameters', multiply_adds='multiply-adds',
    training_samples_per_second='training (samples/s)',
    inference_samples_per_second='inference (samples/s)',
    training_memory_mib='training memory (MiB)')
OF_TRAINING = ('training_samples_per_second', 'training_memory_mib')
LESS_IS_BETTER = ('parameters', 'multiply_adds', 'training_memory_mib')
CONFIG = 'config'
Measured = tuple[str, float | None, str]  # task, labels, test set


def make_rows(finished: Mapping[Job, dict]) -> list[dict]:
    """Summarise results over seeds and draws, in rows by config, task, labelled fraction and encoder."""
    groups = {}
    for job, result in sorted(finished.items(), key=lambda item: (item[0].seed, item[0].draw)):
        # A pre-training that configs share is named after one, but another may have evaluated it.
        config = result['config'] if job.task == 'pretrain' else job.config
        groups.setdefault((config, job.task, job.labels, job.encoder), []).append((job, result))
    rows = [_make_row(config, group) for (config, *_), group in groups.items()]
    tasks = [*OWN_TRAINING, *TASKS, 'fusion']
    return sorted(rows, key=lambda row: (
        row['config'], tasks.index(row['task']), row['labels'] or 0, row['encoder']))


def _make_row(config: str, group: list[tuple[Job, dict]]) -> dict:
    job, results = group[0][0], [result for _, result in group]
    values = [result['value'] for result in results]
    best = [result['best'] for result in results]
    smoke = any(result['smoke'] for result in results)
    # One may have been given for all seeds, and have seen several draws.
    encoders = {None if job.encoder == 'coordinates' else result.get('encoder') or each.seed
                for each, result in group}
    comparable = job.encoder == 'pretrained' and not smoke  # with the paper
    return dict(
        config=config, task=job.task, labels=job.labels, encoder=job.encoder,
        data=results[0].get('data', ''), metric=job.metric, values=values,
        runs=[[each.seed, each.draw] for each, _ in group], mean=fmean(values), std=_std(values),
        encoders=len(encoders), last_epoch=results[0]['last_epoch'],
        best=dict(mean=fmean(x['value'] for x in best), epoch=[x['epoch'] for x in best])
        if all(best) else None,
        paper=PAPER_NUMBERS.get((config, job.task, job.labels)) if comparable else None, smoke=smoke,
        commit=', '.join(dict.fromkeys(result['commit'] for result in results)),
        seconds=_mean(result['seconds'] for result in results),
        samples_per_second=_mean(result['samples_per_second'] for result in results))


def _std(values: Sequence[float]) -> float | None:
    return stdev(values) if len(values) > 1 else None


def _mean(values: Iterable[float | None]) -> float | None:
    values = [value for value in values if value is not None]
    return fmean(values) if values else None


def columns_of(measured: Iterable[Measured]) -> dict[Measured, str]:
    """Name the column of each task, number of labels and test set; a fusion is one of 'linear'.

    It is 'linear' or 'semi_0.1', or 'linear@kard' if there are several test sets: numbers of different
    ones are never in the same column.
    """
    measured = [key for key in measured if key[0] != 'pretrain']  # its result is that of retrieval
    several = len({data for *_, data in measured}) > 1
    return {(task, labels, data): ('linear' if task == 'fusion' else task)
            + ('' if labels is None else f'_{labels:g}') + (f'@{data}' if several else '')
            for task, labels, data in measured}


def means_of(columns: Iterable[str]) -> dict[str, list[str]]:
    """Columns of the mean over several test sets, each with those that it is of."""
    groups = {}
    for column in dict.fromkeys(columns):
        groups.setdefault(f"{column.partition('@')[0]}@mean", []).append(column)
    return {mean: group for mean, group in groups.items() if len(group) > 1}


def title_of(column: str) -> str:
    """Title of a column: a task's with its unit, or one of ``COSTS``."""
    if column in COSTS:
        return COSTS[column]
    (task, _, labels), (*_, data) = column.partition('@')[0].partition('_'), column.partition('@')
    labels += ' per class' if labels and float(labels) >= 1 else ''
    return f'{TITLES[task]} {labels}'.rstrip() + (f', {data}' if data else '') + ' (%)'


def encoder_title(encoder: str, columns: Iterable[str]) -> str:
    """Name an encoder: fine-tuning an untrained one, with few labels too, is training from scratch."""
    tuned = any(column.startswith(('semi', 'finetune')) for column in columns)
    return 'untrained; from scratch' if encoder == 'untrained' and tuned else encoder


def compare(rows: Sequence[dict], costs: Mapping[str, dict], sort: str | None = None) -> list[dict]:
    """Put the results of each config and encoder into one row, with the costs by name of the config.

    ``accuracy`` has by column a dict of ``mean`` in percent, ``std``, ``n`` and the number of
    ``encoders``; the mean over test sets is taken in each seed and draw, if all sets have the same. Rows
    are sorted by the column ``sort``, the best first, or by name for 'config'; then by their accuracies,
    means over test sets first.
    """
    compared, values = {}, {}
    columns = columns_of((row['task'], row['labels'], row.get('data', '')) for row in rows)
    several = any('@' in column for column in columns.values())  # test sets, which the columns name
    for row in rows:
        column = columns.get((row['task'], row['labels'], row.get('data', '')))
        if column is None:
            continue
        config = encoder_name(row['config']) if several else row['config']
        entry = compared.setdefault((config, row['encoder']), dict(
            config=config, encoder=row['encoder'], smoke=row['smoke'], accuracy={},
            cost=_cost(costs.get(encoder_name(config), {}), row['encoder'])))
        entry['smoke'] |= row['smoke']
        entry['accuracy'][column] = dict(
            mean=row['mean'], std=row['std'], n=len(row['values']), encoders=row['encoders'])
        values.setdefault((config, row['encoder']), {})[column] = dict(
            zip(map(tuple, row['runs']), row['values'], strict=True))
    for (key, own), (mean, group) in product(values.items(), means_of(columns.values()).items()):
        parts = [own.get(column, {}) for column in group]
        if parts[0] and all(part.keys() == parts[0].keys() for part in parts):
            means = [fmean(part[run] for part in parts) for run in parts[0]]
            accuracy = compared[key]['accuracy']
            accuracy[mean] = dict(mean=fmean(means), std=_std(means), n=len(means),
                                  encoders=max(accuracy[column]['encoders'] for column in group))
    compared = list(compared.values())
    columns = sorted(accuracy_columns(compared), key=lambda column: not column.endswith('@mean'))
    columns = [*([sort] if sort else []), *columns]
    return sorted(compared, key=lambda row: [_rank(row, column) for column in columns])


def accuracy_columns(compared: Sequence[dict]) -> list[str]:
    """Names of the columns of tasks in rows of :func:`compare`, in the order of the table."""
    def place(column: str) -> tuple[int, float, bool]:
        task, _, labels = column.partition('@')[0].partition('_')
        return list(TITLES).index(task), float(labels or 0), column.endswith('@mean')

    return sorted(dict.fromkeys(column for row in compared for column in row['accuracy']), key=place)


def value_of(row: dict, column: str) -> float | None:
    """A number of a row of :func:`compare`: a cost or a mean accuracy, None if it is not there."""
    if column in COSTS:
        return row['cost'].get(column)
    return row['accuracy'].get(column, {}).get('mean')


def _cost(cost: dict, encoder: str) -> dict:
    """The costs of an encoder; those of training were not measured for an untrained one."""
    return {name: cost[name] for name in COSTS if name in cost and encoder != 'coordinates' and (
        encoder != 'untrained' or name not in OF_TRAINING)}


def _rank(row: dict, column: str) -> tuple[bool, float | str]:
    """Key of an ascending order in which the best is first, and who has no value last."""
    if column == CONFIG:
        return False, row['config']
    value = value_of(row, column)
    if value is None:
        return True, 0.0
    return False, value if column in LESS_IS_BETTER else -value
