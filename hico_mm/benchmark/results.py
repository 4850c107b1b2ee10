"""Rows of the result table, from the results of steps."""
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import fmean, stdev

from hico_mm.utils.atomic import atomic_write

from .paper_numbers import PAPER_NUMBERS
from .provenance import device_name, versions
from .steps import Step
from .table import markdown_table


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


def read_steps(out: Path) -> list[tuple[Step, dict]]:
    """Read all finished steps of a benchmark.

    Args:
        out (Path): Folder of the benchmark.

    Returns:
        list[tuple[Step, dict]]: Steps with their results.
    """
    return [(Step(**entry['step']), entry['result'])
            for entry in _read(out).get('steps', {}).values()]


def add_result(out: Path, step: Step, result: dict, asked: dict) -> list[dict]:
    """Write ``results.json`` and ``results.md`` with one more finished step.

    Args:
        out (Path): Folder of the benchmark.
        step (Step): The step. It replaces itself.
        result (dict): Its result, see :func:`make_rows`.
        asked (dict): What was asked for.

    Returns:
        list[dict]: Rows of all steps that ever finished in the folder.
    """
    finished = {**dict(read_steps(out)), step: result}
    rows = {_key(row): row for row in _read(out).get('rows', [])}
    for row in make_rows(list(finished.items())):
        # Files of earlier versions have rows without their steps.
        if len(row['values']) >= len(rows.get(_key(row), row)['values']):
            rows[_key(row)] = row
    rows = list(rows.values())
    steps = {str(step.folder): dict(step=asdict(step), result=result)
             for step, result in finished.items()}
    content = dict(rows=rows, steps=steps, asked=asked, versions=versions(), device=device_name())
    with atomic_write(out / 'results.json') as file:
        file.write(json.dumps(content, indent=1).encode())
    with atomic_write(out / 'results.md') as file:
        file.write(markdown_table(rows).encode())
    return rows


def _read(out: Path) -> dict:
    path = out / 'results.json'
    return json.loads(path.read_text()) if path.exists() else {}


def _key(row: dict) -> tuple:
    return tuple(row[key] for key in ('config', 'task', 'labels', 'encoder'))
