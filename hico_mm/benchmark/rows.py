"""Rows of the detailed table, from the results of steps."""
from collections.abc import Iterable, Mapping
from statistics import fmean, stdev

from .paper_numbers import PAPER_NUMBERS
from .steps import OWN_TRAINING, TASKS, Step


def make_rows(finished: Mapping[Step, dict]) -> list[dict]:
    """Summarise the results over seeds and draws.

    Args:
        finished (Mapping[Step, dict]): What :func:`run_step` returned, by step.

    Returns:
        list[dict]: The rows, by config, task, labelled fraction and encoder; values by seed and draw.
            Numbers of small configs have no counterpart in the paper.
    """
    groups = {}
    for step, result in finished.items():
        # A pre-training that configs share is named after one, but another may have evaluated it.
        config = result['config'] if step.task == 'pretrain' else step.config
        key = (config, step.task, step.labels, step.encoder)
        groups.setdefault(key, []).append((step, result))
    rows = [_make_row(config, group) for (config, *_), group in groups.items()]
    return sorted(rows, key=_place)


def _place(row: dict) -> tuple:
    tasks = [*OWN_TRAINING, *TASKS, 'fusion']
    return row['config'], tasks.index(row['task']), row['labels'] or 0, row['encoder']


def _make_row(config: str, group: list[tuple[Step, dict]]) -> dict:
    group = sorted(group, key=lambda item: (item[0].seed, item[0].draw))
    step, results = group[0][0], [result for _, result in group]
    values = [result['value'] for result in results]
    best = [result['best'] for result in results]
    smoke = any(result['smoke'] for result in results)
    comparable = step.encoder == 'pretrained' and not smoke
    paper = PAPER_NUMBERS.get((config, step.task, step.labels)) if comparable else None
    return dict(
        config=config, task=step.task, labels=step.labels, encoder=step.encoder,
        metric=step.metric, values=values, mean=fmean(values),
        std=stdev(values) if len(values) > 1 else None, last_epoch=results[0]['last_epoch'],
        best=dict(mean=fmean(x['value'] for x in best), epoch=[x['epoch'] for x in best])
        if all(best) else None,
        paper=paper, smoke=smoke,
        commit=', '.join(dict.fromkeys(result['commit'] for result in results)),
        seconds=_mean(result['seconds'] for result in results),
        samples_per_second=_mean(result['samples_per_second'] for result in results))


def _mean(values: Iterable[float | None]) -> float | None:
    values = [value for value in values if value is not None]
    return fmean(values) if values else None
