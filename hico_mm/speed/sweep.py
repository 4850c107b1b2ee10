"""Throughput over batch size, number of granularities and number of workers."""
import statistics
from collections.abc import Iterable

from .data import build_loaders, epoch_of, random_sequences
from .interleaved import time_interleaved
from .step import StepSize, measure_step

# Samples/s by form of the work and by what was varied.
Sweep = dict[str, dict[int, float]]


def sweep_all(encoder: str, size: StepSize, batch_sizes: Iterable[int], granularities: Iterable[int],
              workers: Iterable[int], num_sequences: int, num_frames: tuple[int, int],
              **options) -> dict[str, Sweep]:
    """Measure all three.

    Args:
        encoder (str): As of ``measure_step``.
        size (StepSize): What a step works on, but for what is varied.
        batch_sizes (Iterable[int]): Sizes of a batch.
        granularities (Iterable[int]): Numbers of granularities.
        workers (Iterable[int]): Numbers of workers.
        num_sequences (int): Random sequences for the data path.
        num_frames (tuple[int, int]): Their least and greatest length.
        **options: As of :func:`sweep_steps`.

    Returns:
        dict[str, Sweep]: Each by what was varied.
    """
    sweeps = {
        'batch size': sweep_steps(encoder, {
            number: size._replace(batch_size=number) for number in batch_sizes}, **options),
        'granularities': sweep_steps(encoder, {
            number: size._replace(num_granularities=number) for number in granularities}, **options)}
    with random_sequences(num_sequences=num_sequences, num_frames=num_frames) as path:
        sweeps['workers (data path alone)'] = sweep_workers(path, workers, options['rounds'])
    return sweeps


def sweep_steps(encoder: str, sizes: dict[int, StepSize], precision: str = 'float32',
                device: str = 'cpu', rounds: int = 3) -> Sweep:
    """Measure the training step, ours and plain, over its size.

    Args:
        encoder (str): As of ``measure_step``.
        sizes (dict[int, StepSize]): What to work on, by the number that is varied.
        precision (str): As of ``measure_step``. Defaults to ``'float32'``.
        device (str): Where to work. Defaults to ``'cpu'``.
        rounds (int): Steps of each form and size. Defaults to 3.

    Returns:
        Sweep: Samples/s of ``'ours'`` and ``'plain'``.
    """
    sweep: Sweep = {}
    for number, size in sizes.items():
        for row in measure_step(encoder, [precision], size, device, rounds):
            sweep.setdefault(row.form, {})[number] = size.batch_size / row.seconds
    return sweep


def sweep_workers(ann_file: str, numbers: Iterable[int], rounds: int = 3,
                  forms: Iterable[str] = ('ours', 'plain')) -> Sweep:
    """Measure the data path over the number of workers, by the wall clock.

    Args:
        ann_file (str): One of ``make_annotation_file``.
        numbers (Iterable[int]): Numbers of workers; 0 loads in this process.
        rounds (int): Epochs of each form and number. Defaults to 3.
        forms (Iterable[str]): As of ``build_loaders``. Defaults to ours and plain.

    Returns:
        Sweep: Two-view samples/s.
    """
    loaders = {
        (form, number): loader for number in numbers
        for form, loader in build_loaders(ann_file, num_workers=number, forms=forms).items()}
    seconds = time_interleaved(
        {key: epoch_of(loader) for key, loader in loaders.items()}, rounds)
    sweep: Sweep = {}
    for (form, number), times in seconds.items():
        loader = loaders[form, number]
        sweep.setdefault(form, {})[number] = (
            len(loader) * loader.batch_size / statistics.median(times))
    return sweep
