"""The results.json of a benchmark, as figures read it."""
import json
import os.path as osp
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


@contextmanager
def open_results(path: str, content: str = '', remedy: str = '') -> Iterator[dict]:
    """Read a results.json; what the block cannot take from it is an error of the file.

    Args:
        path (str): Path of ``results.json``.
        content (str): What it has to have beside rows, for the message, such as ' with a comparison'.
        remedy (str): What to do if it does not, such as ' Run the benchmark again.'

    Yields:
        dict: What benchmark.py wrote.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is not of the benchmark.
    """
    if not osp.isfile(path):
        raise FileNotFoundError(f'{path} does not exist (looked for {osp.abspath(path)}). Name the '
                                'results.json that tools/analysis/benchmark.py wrote.')
    try:
        with open(path, encoding='utf-8') as file:
            yield json.load(file)
    except (TypeError, KeyError, ValueError) as error:  # no JSON and no text are ValueErrors
        raise ValueError(f'{path} is no results.json of tools/analysis/benchmark.py{content}: '
                         f'{type(error).__name__} {error}.{remedy}') from error


def check_measured(path: str, rows: Sequence[dict]) -> None:
    """Refuse results of nothing but smoke runs.

    Args:
        path (str): Path of ``results.json``.
        rows (Sequence[dict]): Rows of it.

    Raises:
        ValueError: All are of smoke runs, whose numbers mean nothing.
    """
    if rows and all(row.get('smoke') for row in rows):
        raise ValueError(f'{path} has only rows of smoke runs, whose numbers mean nothing. Run '
                         'tools/analysis/benchmark.py without --smoke.')
