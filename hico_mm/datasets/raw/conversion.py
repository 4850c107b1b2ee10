"""Conversion of many raw files: parallel, resumable, atomic.

Tasks are converted in chunks. What came of a chunk is kept in a file beside the result until that is
written, so the same command goes on after an interruption. The file's name is a hash of everything
that the chunk depends on, so what a changed raw file or another option has made obsolete is not
found again.
"""
import argparse
import functools
import hashlib
import os
import pickle
import shutil
import signal
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

from mmengine.utils import ProgressBar

from hico_mm.datasets.annotation_file import write_annotation_file
from hico_mm.utils import atomic_write, check_writable
from hico_mm.version import __version__

from .outcome import MALFORMED, Outcome
from .summary import list_left_out, summarize
from .text import MalformedFile


class Converter(ABC):
    """Turns the raw files of one task into sequences.

    Implementations are frozen dataclasses: their ``repr`` says on which options the result depends.

    Attributes:
        chunk_size (int): Number of tasks in a chunk. An interruption costs at most one chunk in
            each process.
    """

    chunk_size: ClassVar[int] = 64

    @abstractmethod
    def sources(self, task: Any) -> Sequence[Path]:
        """Files that the task reads."""

    @abstractmethod
    def convert(self, task: Any) -> Outcome:
        """Convert the files of one task.

        Args:
            task (Any): What to convert; its ``repr`` says all about it.

        Returns:
            Outcome: Its sequences, and what was left out.

        Raises:
            MalformedFile: If a file is not in its publisher's format.
        """


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that every conversion has.

    Args:
        parser (argparse.ArgumentParser): The parser to extend.
    """
    parser.add_argument('out', type=Path, help='annotation file to write, a .pkl')
    parser.add_argument('--workers', type=int, default=os.cpu_count(), metavar='N',
                        help='number of processes (default: that of the cores)')
    parser.add_argument('--strict', action='store_true',
                        help='end at a malformed file; otherwise it is named, counted and left out')


def convert_all(converter: Converter, tasks: Sequence[Any], out: Path, workers: int = 1,
                strict: bool = False, left_out: Sequence[tuple[str, str]] = ()) -> str:
    """Convert raw files into an annotation file, with a progress bar.

    Args:
        converter (Converter): Converts one task.
        tasks (Sequence[Any]): What to convert.
        out (Path): The annotation file to write.
        workers (int): Number of processes. Defaults to 1.
        strict (bool): Whether a malformed file ends the conversion. Defaults to False: it is left
            out.
        left_out (Sequence[tuple[str, str]]): What was left out before, with its reason first.

    Returns:
        str: The summary.

    Raises:
        ValueError: If ``out`` cannot be written, no sequence is left, or, when ``strict``, a file
            is malformed.
    """
    if out.suffix != '.pkl':
        raise ValueError(f'The annotation file is to be {out}, but MMAction2 reads only files whose '
                         'name ends with .pkl; name it so.')
    if workers < 1:
        raise ValueError(f'workers is {workers}, but at least 1 process is needed.')
    check_writable(str(out.parent), 'OUT')

    parts = out.with_name(f'{out.name}.parts')
    chunks = [tasks[start:start + converter.chunk_size]
              for start in range(0, len(tasks), converter.chunk_size)]
    function = functools.partial(_convert_chunk, converter, parts)
    bar = ProgressBar(len(tasks), file=sys.stderr)
    paths = []
    for path, size, faults in _map(function, chunks, workers):
        if strict and faults:
            raise ValueError(f'{faults[0]} Without --strict it would be left out and counted.')
        paths.append(path)
        bar.update(size)
    bar.file.write('\n')

    outcome = Outcome(left_out=list(left_out))
    for path in paths:
        outcome.add(pickle.loads(path.read_bytes()))
    if outcome.sequences:
        write_annotation_file(str(out), outcome.by_split(), dtype='float32')
    shutil.rmtree(parts, ignore_errors=True)
    if not outcome.sequences:
        raise ValueError(f'No sequence is there to write. {list_left_out(outcome)}')
    return f'{out}\n{summarize(outcome)}'


def _map(function: Any, chunks: list, workers: int) -> Iterator[tuple[Path, int, list[str]]]:
    if workers == 1:
        yield from map(function, chunks)
        return
    # Only this process is to answer Ctrl-C; it then stops the others.
    pool = ProcessPoolExecutor(workers, initializer=signal.signal,
                               initargs=(signal.SIGINT, signal.SIG_IGN))
    try:
        yield from pool.map(function, chunks)
    finally:
        pool.shutdown(cancel_futures=True)


def _convert_chunk(converter: Converter, parts: Path,
                   chunk: Sequence[Any]) -> tuple[Path, int, list[str]]:
    """Convert a chunk, or find what came of it before: the file, number of tasks and faults."""
    sources = {source for task in chunk for source in converter.sources(task)}
    stamps = sorted((str(source), *_stamp(source)) for source in sources)
    key = repr((__version__, converter, chunk, stamps))
    path = parts / f'{hashlib.sha256(key.encode()).hexdigest()}.pkl'
    if path.exists():
        outcome = pickle.loads(path.read_bytes())
    else:
        outcome = Outcome()
        for task in chunk:
            try:
                outcome.add(converter.convert(task))
            except (MalformedFile, OSError) as error:
                outcome.left_out.append((MALFORMED, str(error)))
        with atomic_write(path) as file:
            pickle.dump(outcome, file, protocol=pickle.HIGHEST_PROTOCOL)
    faults = [what for reason, what in outcome.left_out if reason == MALFORMED]
    return path, len(chunk), faults


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        stat = os.stat(path)
    except OSError:  # named when the file is read
        return ()
    return stat.st_size, stat.st_mtime_ns
