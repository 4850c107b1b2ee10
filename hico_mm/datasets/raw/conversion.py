"""Conversion of many raw files into one annotation file, in parallel and whole or not at all."""
import argparse
import functools
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.utils import ProgressBar

from hico_mm.utils import check_writable

from ..annotation_file import write_annotation_file
from .files import MalformedFile

NO_BODY = 'without any body'
MALFORMED = 'malformed or unreadable'
SHOWN = 5  # names listed for a reason; malformed files are all listed
CHUNK_SIZE = 8  # tasks sent to a process together


@dataclass
class Outcome:
    """What came of raw files."""

    # Annotations, each with the names of its splits.
    sequences: list[tuple[dict, tuple[str, ...]]] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)  # a reason, and what it left out

    def add_sequence(self, name: str, keypoint: np.ndarray, label: int, splits: tuple[str, ...],
                     **details: int) -> None:
        """Append a sequence (M, T, V, C), or leave it out if no person ever appears in it.

        ``details`` are further entries of its annotation.
        """
        keypoint = keypoint[keypoint.any(axis=(1, 2, 3))]  # without persons who never appear
        if not len(keypoint):
            self.left_out.append((NO_BODY, name))
            return
        annotation = dict(frame_dir=name, label=label, total_frames=keypoint.shape[1],
                          keypoint=np.ascontiguousarray(keypoint, np.float32), **details)
        self.sequences.append((annotation, splits))

    def by_split(self) -> dict[str, list[dict]]:
        """Annotations by the name of the split."""
        splits = {}
        for annotation, names in self.sequences:
            for name in names:
                splits.setdefault(name, []).append(annotation)
        return splits


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that every conversion has."""
    parser.add_argument('out', type=Path, help='annotation file to write, a .pkl')
    parser.add_argument('--workers', type=int, default=os.cpu_count(), metavar='N',
                        help='number of processes (default: number of cores)')
    parser.add_argument('--strict', action='store_true',
                        help='stop at a malformed file, instead of naming it and leaving it out')


def convert_all(convert: Callable[[Any], Outcome], tasks: Sequence[Any], out: Path, workers: int = 1,
                strict: bool = False, left_out: Iterable[tuple[str, str]] = ()) -> str:
    """Convert raw files into an annotation file, with a progress bar, and return a summary.

    ``convert`` converts one task, and raises ``MalformedFile`` for a file in another format. Such a file
    is left out, or ends the conversion by a ValueError (``strict``). ``left_out`` is what was left out
    before, each with the reason first.
    """
    if out.suffix != '.pkl':
        raise ValueError(f'OUT is {out}. Let it end with .pkl, as annotation files of MMAction2 do.')
    if workers < 1:
        raise ValueError(f'workers is {workers}, but at least 1 process is needed.')
    check_writable(str(out.parent), 'OUT')

    outcome = Outcome(left_out=list(left_out))
    bar = ProgressBar(len(tasks), file=sys.stderr)
    for result in _map(functools.partial(_convert_or_leave_out, convert), tasks, workers):
        faults = [what for reason, what in result.left_out if reason == MALFORMED]
        if strict and faults:
            raise ValueError(f'{faults[0]} Without --strict it would be left out and counted.')
        outcome.sequences += result.sequences
        outcome.left_out += result.left_out
        bar.update()
    bar.file.write('\n')
    if not outcome.sequences:
        raise ValueError(f'There is no sequence to write. {list_left_out(outcome)}')
    write_annotation_file(str(out), outcome.by_split(), dtype='float32')
    return f'{out}\n{summarize(outcome)}'


def _convert_or_leave_out(convert: Callable[[Any], Outcome], task: Any) -> Outcome:
    try:
        return convert(task)
    except (MalformedFile, OSError) as error:
        return Outcome(left_out=[(MALFORMED, str(error))])


def _map(function: Callable[[Any], Outcome], tasks: Sequence[Any], workers: int) -> Iterator[Outcome]:
    if workers == 1:
        yield from map(function, tasks)
        return
    # Only this process answers Ctrl-C; it then stops the others. Unlike multiprocessing.Pool, on which
    # MMEngine's track_parallel_progress builds, this pool does not hang when a worker is killed.
    pool = ProcessPoolExecutor(workers, initializer=signal.signal,
                               initargs=(signal.SIGINT, signal.SIG_IGN))
    try:
        yield from pool.map(function, tasks, chunksize=CHUNK_SIZE)
    finally:
        pool.shutdown(cancel_futures=True)


def summarize(outcome: Outcome) -> str:
    """A table of sequences, persons and frames, and under it what was left out and why."""
    lines = [f'{"":16}{"sequences":>12}{"persons":>12}{"frames":>12}{"classes":>12}']
    everything = {x['frame_dir']: x for x, _ in outcome.sequences}  # some come once for each split
    for name, annotations in [('all', everything.values()), *sorted(outcome.by_split().items())]:
        persons = sum(len(x['keypoint']) for x in annotations)
        frames = sum(x['total_frames'] for x in annotations)
        classes = len({x['label'] for x in annotations})
        lines.append(f'{name:16}{len(annotations):12}{persons:12}{frames:12}{classes:12}')
    return '\n'.join([*lines, list_left_out(outcome)])


def list_left_out(outcome: Outcome) -> str:
    """How many were left out, and under it the number and the names by reason."""
    reasons = {}
    for reason, what in outcome.left_out:
        reasons.setdefault(reason, []).append(what)
    lines = [f'Left out: {len(outcome.left_out)}']
    for reason, whats in reasons.items():
        if reason == MALFORMED:
            lines += [f'{len(whats):8} {reason}:', *(f'{"":9}{what}' for what in whats)]
        else:
            more = ', ...' if len(whats) > SHOWN else ''
            lines += [f'{len(whats):8} {reason}: {", ".join(whats[:SHOWN])}{more}']
    return '\n'.join(lines)
