"""Runs in processes of their own, left alone or ended by ``kill -9``."""
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hico_mm.utils import unfinished_files

POLL = 0.0005  # seconds; the writing of a small checkpoint takes a few milliseconds


class Moment(NamedTuple):
    """A moment of a run: so many lines are printed, and so many seconds have passed since the last.

    So it is the same point of the run also where the machine is slower.
    """

    lines: int
    seconds: float


def draw_moment(times: Sequence[float], rng: np.random.Generator) -> Moment:
    """Draw a moment, uniform over the time that a run took from the first line that it printed.

    Before that, Python imports: nothing is at stake, and for a short run it is most of the time.

    Args:
        times (Sequence[float]): Seconds after which each line was printed, and at last those after
            which the run ended.
        rng (np.random.Generator): Source of the draw.

    Returns:
        Moment: The moment.
    """
    drawn = rng.uniform(times[0], times[-1])
    lines = int(np.searchsorted(times, drawn, side='right'))
    return Moment(lines, drawn - times[lines - 1])


@contextmanager
def started(command: Sequence[str], output: Path) -> Iterator[subprocess.Popen]:
    """Start a run with a group of its own for its processes, and kill it if it is left alone.

    Args:
        command (Sequence[str]): Program and arguments.
        output (Path): File for all that it prints.

    Yields:
        subprocess.Popen: The process.
    """
    with open(output, 'w') as file:
        process = subprocess.Popen(
            command, stdout=file, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        yield process
    finally:
        kill(process)


def kill(process: subprocess.Popen) -> bool:
    """End a run and its workers by ``kill -9``.

    Args:
        process (subprocess.Popen): The process, first of its group.

    Returns:
        bool: Whether that ended it, and not it itself.
    """
    if process.poll() is not None:
        return False
    os.killpg(process.pid, signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def run_to_end(command: Sequence[str], output: Path) -> list[float]:
    """Run a command.

    Args:
        command (Sequence[str]): Program and arguments.
        output (Path): File for all that it prints.

    Returns:
        list[float]: Seconds after which each line was printed, and at last those after which it ended.

    Raises:
        ValueError: If it failed.
    """
    start, times = time.monotonic(), []
    with started(command, output) as process:
        while process.poll() is None:
            time.sleep(0.02)
            times += [time.monotonic() - start] * (_count_lines(output) - len(times))
    if process.returncode != 0:
        raise ValueError(f'A run ended with exit status {process.returncode}, after '
                         f'{output.read_text()[-500:]!r}. All of its output is in {output}.')
    return [*times, time.monotonic() - start]


def run_until(command: Sequence[str], output: Path, moment: Moment,
              writing_in: Path | None = None) -> float | None:
    """Run a command and kill it.

    Args:
        command (Sequence[str]): Program and arguments.
        output (Path): File for all that it prints.
        moment (Moment): When to kill it.
        writing_in (Path, optional): Wait, from the moment on, until a file is being written in this
            folder by ``atomic_write``. Defaults to None.

    Returns:
        float or None: Seconds that it lived; None if it ended by itself before.
    """
    start, due = time.monotonic(), None
    with started(command, output) as process:
        while process.poll() is None:
            now = time.monotonic()
            if due is None and _count_lines(output) >= moment.lines:
                due = now + moment.seconds
            is_due = due is not None and now >= due
            if is_due and (writing_in is None or unfinished_files(writing_in)):
                return now - start if kill(process) else None
            time.sleep(POLL if is_due else 0.02)
    return None


def _count_lines(path: Path) -> int:
    return path.read_bytes().count(b'\n')


def describe_end(work_dir: Path, printed: str) -> str:
    """Say what a killed training was doing.

    Args:
        work_dir (Path): Folder of the training.
        printed (str): What it printed.

    Returns:
        str: The file in whose writing it ended, or the last epoch and iteration that it logged.
    """
    for path in unfinished_files(work_dir):
        name, size = path.name[1:].rsplit('.', 2)[0], path.stat().st_size
        return f'inside the writing of {name} ({size:,} bytes)'
    said = re.findall(r'Epoch\((train|val)\) +\[(\d+)\]\[ *(\d+)/(\d+)\]|'
                      r'Saving checkpoint at (\d+) epochs', printed)
    if not said:
        return 'starting'
    kind, epoch, iteration, iterations, saved = said[-1]
    if saved:
        return f'epoch {saved}, saving or evaluating'
    return f"epoch {epoch}, {'evaluated' if kind == 'val' else f'iteration {iteration}/{iterations}'}"
