"""The files of results: ``results.json``, and its tables in Markdown and LaTeX."""
import json
from dataclasses import asdict
from pathlib import Path

from hico_mm.utils.atomic import atomic_write
from hico_mm.utils.provenance import device_name, versions

from .comparison import compare, comparison_table
from .costs import read_costs
from .details import details_table
from .rows import make_rows, row_key
from .steps import Step


def read_steps(out: Path) -> list[tuple[Step, dict]]:
    """Read all finished steps of a benchmark.

    Args:
        out (Path): Folder of the benchmark.

    Returns:
        list[tuple[Step, dict]]: Steps with their results.
    """
    return [(Step(**entry['step']), entry['result'])
            for entry in _read(out).get('steps', {}).values()]


def add_result(out: Path, step: Step, result: dict, asked: dict, sort: str | None = None) -> list[dict]:
    """Write ``results.json`` and its tables with one more finished step.

    ``results.md`` is the detailed table, ``comparison.md`` and ``comparison.tex`` have a line for each
    config and encoder.

    Args:
        out (Path): Folder of the benchmark.
        step (Step): The step. It replaces itself.
        result (dict): Its result, see :func:`make_rows`.
        asked (dict): What was asked for.
        sort (str, optional): Column by which the comparison is sorted, see :func:`compare`. Defaults to
            None.

    Returns:
        list[dict]: Rows of all steps that ever finished in the folder.
    """
    finished = {**dict(read_steps(out)), step: result}
    rows = {row_key(row): row for row in _read(out).get('rows', [])}
    for row in make_rows(list(finished.items())):
        # Files of earlier versions have rows without their steps.
        if len(row['values']) >= len(rows.get(row_key(row), row)['values']):
            rows[row_key(row)] = row
    rows = list(rows.values())
    steps = {str(step.folder): dict(step=asdict(step), result=result)
             for step, result in finished.items()}
    costs = read_costs(out)
    comparison = compare(rows, costs, sort)
    table = comparison_table(comparison)
    content = dict(rows=rows, comparison=comparison, costs=costs, steps=steps, asked=asked,
                   versions=versions(), device=device_name())
    for name, text in {'results.json': json.dumps(content, indent=1),
                       'results.md': details_table(rows).markdown(),
                       'comparison.md': table.markdown(), 'comparison.tex': table.latex()}.items():
        with atomic_write(out / name) as file:
            file.write(text.encode())
    return rows


def _read(out: Path) -> dict:
    path = out / 'results.json'
    return json.loads(path.read_text()) if path.exists() else {}
