"""Measure what a packed store of generated short sequences costs: opening it, and each worker.

Prints one line for each size and kind of worker; for the smaller sizes also one of an annotation file.
Private memory is what a process would give back at its end: the private pages of Linux's smaps_rollup.
"""
import argparse
import multiprocessing
import os
import pickle
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from torch.utils.data import Dataset

from hico_mm.datasets import PackedSkeletonDataset, SkeletonDataset, write_packed_store
from hico_mm.datasets.annotation_file import write_annotation_file

NUM_FRAMES = (10, 30)
SPLIT = 'train'
METHODS = ('fork', 'spawn')
COLUMNS = ('data set', 'sequences', 'MiB on disk', 'open s', 'open CPU s', 'opened MiB', 'workers',
           'MiB of each, opened', 'MiB of each, at work')


def generate(num_sequences: int) -> Iterator[tuple[dict, list[str]]]:
    """Make sequences of one person, 10 to 30 frames, 25 joints, float16, one after the other.

    Args:
        num_sequences: How many.

    Yields:
        tuple[dict, list[str]]: An annotation, and its split.
    """
    rng = np.random.default_rng(0)
    frames = rng.normal(size=(1, 1000, 25, 3)).astype(np.float16)
    for number in range(num_sequences):
        num_frames = int(rng.integers(*NUM_FRAMES, endpoint=True))
        start = int(rng.integers(frames.shape[1] - num_frames))
        yield dict(frame_dir=f'generated_{number:08d}', label=number % 60, subject=number % 40,
                   total_frames=num_frames, keypoint=frames[:, start:start + num_frames]), [SPLIT]


def private_mib() -> float:
    """Private memory of this process in MiB, on Linux."""
    lines = Path('/proc/self/smaps_rollup').read_text().splitlines()[1:]
    sizes = {line.split()[0]: int(line.split()[1]) for line in lines}  # KiB
    return (sizes['Private_Clean:'] + sizes['Private_Dirty:']) / 1024


def work(dataset: Dataset | bytes, seed: int, num_samples: int, measured: multiprocessing.Barrier,
         results: multiprocessing.Queue) -> None:
    """Read random samples as a worker of a loader does, and tell the memory that this took.

    Args:
        dataset: As a forked worker finds it, or pickled, as a spawned one gets it.
        seed: Which samples.
        num_samples: How many.
        measured: All workers take their measures at the same time.
        results: Gets the MiB after opening and after reading.
    """
    before = private_mib()
    if isinstance(dataset, bytes):
        dataset = pickle.loads(dataset)
    opened = private_mib() - before
    for number in np.random.default_rng(seed).integers(len(dataset), size=num_samples).tolist():
        dataset[number]
    measured.wait()
    at_work = private_mib() - before
    measured.wait()
    results.put((opened, at_work))


def measure(build: Callable[[], Dataset], path: Path, num_workers: int, num_samples: int) -> None:
    """Open a data set and start workers, forked and spawned. Print a line for each kind."""
    before, wall, cpu = private_mib(), time.perf_counter(), time.process_time()
    dataset = build()
    costs = (time.perf_counter() - wall, time.process_time() - cpu, private_mib() - before)
    files = path.iterdir() if path.is_dir() else [path]
    size = sum(file.stat().st_size for file in files) / 2**20
    for method in METHODS:
        context = multiprocessing.get_context(method)
        measured, results = context.Barrier(num_workers), context.Queue()
        given = dataset if method == 'fork' else pickle.dumps(dataset)
        workers = [context.Process(target=work, args=(given, seed, num_samples, measured, results))
                   for seed in range(num_workers)]
        for worker in workers:
            worker.start()
        opened, at_work = zip(*(results.get() for _ in workers), strict=True)
        for worker in workers:
            worker.join()
        print(f'| {type(dataset).__name__} | {len(dataset):,} | {size:,.0f} | {costs[0]:.3f} | '
              f'{costs[1]:.3f} | {costs[2]:.1f} | {num_workers} by {method} | {max(opened):.1f} | '
              f'{max(at_work):.1f} |', flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--sequences', type=int, nargs='+', default=[10_000, 100_000, 1_000_000])
    parser.add_argument('--pickled-up-to', type=int, default=10_000, metavar='N',
                        help='sizes up to N are measured as an annotation file too (default: 10000)')
    parser.add_argument('--workers', type=int, default=2)
    parser.add_argument('--samples', type=int, default=20_000, help='read by each worker')
    parser.add_argument('--folder', help='where to generate; a temporary folder by default')
    args = parser.parse_args()

    print('| ' + ' | '.join(COLUMNS) + ' |\n' + '|---' * len(COLUMNS) + '|')
    for num_sequences in args.sequences:
        with TemporaryDirectory(dir=args.folder) as folder:
            store, file = Path(folder, 'store'), Path(folder, 'file.pkl')
            write_packed_store(store, generate(num_sequences))
            measure(lambda path=store: PackedSkeletonDataset(str(path), [], SPLIT, num_classes=60),
                    store, args.workers, args.samples)
            if num_sequences <= args.pickled_up_to:
                sequences = [sequence for sequence, _ in generate(num_sequences)]
                write_annotation_file(str(file), {SPLIT: sequences})
                del sequences
                measure(lambda path=file: SkeletonDataset(str(path), [], SPLIT, num_classes=60),
                        file, args.workers, args.samples)


if __name__ == '__main__':
    os.environ.setdefault('OMP_NUM_THREADS', '1')
    main()
