"""Rows of the result table, from the results of steps."""
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import fmean, stdev

from hico_mm.utils.atomic import atomic_write

from .paper_numbers import PAPER_NUMBERS
from .provenance import device_name, versions
from .steps import Step
from .table import markdown_table


def make_rows(finished: Sequence[tuple[Step, dict]], smoke: bool = False) -> list[dict]:
    """Summarise the results over seeds and draws.

    Args:
        finished (Sequence[tuple[Step, dict]]): Steps with what :func:`run_step` returned.
        smoke (bool): Whether the numbers mean nothing, and so have no counterpart in the paper.
            Defaults to False.

    Returns:
        list[dict]: The rows, in the order of their first step.
    """
    groups = {}
    for step, result in finished:
        key = (step.config, step.task, step.labels, step.encoder)
        groups.setdefault(key, []).append((step, result))
    return [_make_row(group, smoke) for group in groups.values()]


def _make_row(group: list[tuple[Step, dict]], smoke: bool) -> dict:
    step, results = group[0][0], [result for _, result in group]
    values = [result['value'] for result in results]
    best = [result['best'] for result in results]
    known = best[0] is not None
    comparable = step.encoder == 'pretrained' and not smoke
    paper = PAPER_NUMBERS.get((step.config, step.task, step.labels)) if comparable else None
    return dict(
        config=step.config, task=step.task, labels=step.labels, encoder=step.encoder,
        metric=step.metric, values=values, mean=fmean(values),
        std=stdev(values) if len(values) > 1 else None, last_epoch=results[0]['last_epoch'],
        best=dict(mean=fmean(x['value'] for x in best), epoch=[x['epoch'] for x in best])
        if known else None,
        paper=paper, smoke=smoke,
        commit=', '.join(dict.fromkeys(result['commit'] for result in results)),
        seconds=_mean(result['seconds'] for result in results),
        samples_per_second=_mean(result['samples_per_second'] for result in results))


def _mean(values: Iterable[float | None]) -> float | None:
    values = [value for value in values if value is not None]
    return fmean(values) if values else None


def write_results(out: Path, rows: Sequence[dict], asked: dict) -> list[dict]:
    """Write ``results.json`` and ``results.md``, with rows of earlier runs in the same folder.

    Args:
        out (Path): Folder of the benchmark.
        rows (Sequence[dict]): Rows of this run; they replace earlier ones of the same kind.
        asked (dict): What was asked for.

    Returns:
        list[dict]: All rows.
    """
    path = out / 'results.json'
    earlier = json.loads(path.read_text())['rows'] if path.exists() else []
    merged = {tuple(row[key] for key in ('config', 'task', 'labels', 'encoder')): row
              for row in [*earlier, *rows]}
    rows = list(merged.values())
    content = dict(rows=rows, asked=asked, versions=versions(), device=device_name())
    with atomic_write(path) as file:
        file.write(json.dumps(content, indent=1).encode())
    with atomic_write(out / 'results.md') as file:
        file.write(markdown_table(rows).encode())
    return rows
