"""The results of steps, each in the folder of its step."""
import json
from dataclasses import asdict
from pathlib import Path

from hico_mm.utils import atomic_write

from .steps import Step

FILE_NAME = 'result.json'


def write_result(folder: Path, step: Step, result: dict) -> None:
    """Write the result of a step.

    Args:
        folder (Path): Folder of the step.
        step (Step): The step.
        result (dict): Its result, see :func:`run_step`.
    """
    with atomic_write(folder / FILE_NAME) as file:
        file.write(json.dumps(dict(step=asdict(step), result=result), indent=1).encode())


def read_result(folder: Path) -> dict | None:
    """Read the result of a step.

    Args:
        folder (Path): Folder of the step.

    Returns:
        dict | None: Its result; None if it is not finished.

    Raises:
        ValueError: If an earlier version wrote it.
    """
    path = folder / FILE_NAME
    return _read(path)[1] if path.exists() else None


def read_results(out: Path) -> dict[Step, dict]:
    """Read the results of all steps that ever finished in a folder, by whatever run.

    Args:
        out (Path): Folder of the benchmark.

    Returns:
        dict[Step, dict]: Results by step, in the order of their folders. A folder that was renamed is
        none of a step any more.

    Raises:
        ValueError: If an earlier version wrote one.
    """
    results = {}
    for path in sorted(out.glob(f'*/seed_*/*/{FILE_NAME}')):
        step, result = _read(path)
        if path.parent == out / step.folder:
            results[step] = result
    return results


def _read(path: Path) -> tuple[Step, dict]:
    content = json.loads(path.read_text())
    if 'step' not in content:
        raise ValueError(f'{path} does not say which step it is of: an earlier version wrote it. Choose '
                         f'another folder by --out, or remove {path.parent} to make it anew.')
    return Step(**content['step']), content['result']
