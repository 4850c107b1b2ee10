"""Rows of the detailed table, from the results of steps."""
from collections.abc import Iterable, Sequence
from statistics import fmean, stdev

from .paper_numbers import PAPER_NUMBERS
from .steps import Step


def make_rows(finished: Sequence[tuple[Step, dict]]) -> list[dict]:
    """Summarise the results over seeds and draws.

    Args:
        finished (Sequence[tuple[Step, dict]]): Steps with what :func:`run_step` returned, and
            ``smoke``, whether the numbers mean nothing, and so have no counterpart in the paper.

    Returns:
        list[dict]: The rows, in the order of their first step; values by seed and draw.
    """
    groups = {}
    for step, result in finished:
        # A pre-training that configs share is named after one, but another may have evaluated it.
        config = result['config'] if step.task == 'pretrain' else step.config
        key = (config, step.task, step.labels, step.encoder)
        groups.setdefault(key, []).append((step, result))
    return [_make_row(config, group) for (config, *_), group in groups.items()]


def _make_row(config: str, group: list[tuple[Step, dict]]) -> dict:
    group = sorted(group, key=lambda item: (item[0].seed, item[0].draw))
    step, results = group[0][0], [result for _, result in group]
    # Retrieval trains nothing; results of earlier versions have the time of the pre-training.
    trained = [] if step.task == 'knn' else results
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
        seconds=_mean(result['seconds'] for result in trained),
        samples_per_second=_mean(result['samples_per_second'] for result in trained))


def _mean(values: Iterable[float | None]) -> float | None:
    values = [value for value in values if value is not None]
    return fmean(values) if values else None


def row_key(row: dict) -> tuple:
    """Tell which row is the same measurement.

    Args:
        row (dict): A row.

    Returns:
        tuple: Config, task, labelled fraction and encoder.
    """
    return tuple(row[key] for key in ('config', 'task', 'labels', 'encoder'))
