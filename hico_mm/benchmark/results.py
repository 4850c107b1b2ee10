"""The files of results: ``results.json``, and its tables in Markdown and LaTeX."""
import json
from pathlib import Path

from hico_mm.utils import atomic_write
from hico_mm.utils.provenance import device_name, versions

from .comparison import compare, comparison_table
from .costs import read_costs
from .details import details_table
from .rows import make_rows
from .step_results import read_results


def write_results(out: Path, asked: dict, sort: str | None = None, pending: int = 0) -> list[dict]:
    """Write ``results.json`` and its tables, of all steps that finished in a folder.

    ``results.md`` is the detailed table, ``comparison.md`` and ``comparison.tex`` have a line for each
    config and encoder.

    Args:
        out (Path): Folder of the benchmark.
        asked (dict): What was asked for.
        sort (str, optional): Column by which the comparison is sorted, see :func:`compare`. Defaults to
            None.
        pending (int): Number of steps that the command which writes has still to do, for a note above
            the Markdown tables. Defaults to 0.

    Returns:
        list[dict]: The rows, see :func:`make_rows`.
    """
    rows = make_rows(read_results(out))
    costs = read_costs(out)
    comparison = compare(rows, costs, sort)
    table = comparison_table(comparison)
    content = dict(rows=rows, comparison=comparison, costs=costs, asked=asked, pending=pending,
                   versions=versions(), device=device_name())
    note = f'Unfinished: {pending} steps are still to come.\n\n' if pending else ''
    for name, text in {'results.json': json.dumps(content, indent=1),
                       'results.md': note + details_table(rows).markdown(),
                       'comparison.md': note + table.markdown(),
                       'comparison.tex': table.latex()}.items():
        with atomic_write(out / name) as file:
            file.write(text.encode())
    return rows
