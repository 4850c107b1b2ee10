"""Where the time of a pre-training goes: into the step, the wait for data, or anything else."""
import math
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from mmaction.registry import MODELS
from mmengine.config import Config, ConfigDict

from hico_mm.datasets.annotation_file import write_annotation_file
from hico_mm.datasets.layouts import NTU_RGBD
from hico_mm.datasets.synthetic import make_sequences
from hico_mm.models.losses.hierarchical_contrast_loss import LEVELS
from hico_mm.utils.launch import allow_no_workers, build_runner, remove_validation
from hico_mm.utils.provenance import device_name

from .interleaved import Ratio, ratio
from .phases import DeviceSteps, observe
from .plain_step import PlainMoCoRecognizer

VARIETY = 96  # sequences that are really made; the others are these at another speed


class RunTime(NamedTuple):
    """Where the time of a whole schedule goes, extrapolated from some epochs.

    Attributes:
        seconds (dict[str, float]): Phase of :func:`~hico_mm.speed.phases.observe` -> seconds of the
            schedule.
        steps (int): Steps that were measured.
        batch_size (int): Sequences of a step.
        epochs (int): Epochs of the schedule.
        num_sequences (int): Sequences of an epoch of the schedule.
        device (str): What it ran on.
        busy (float, optional): Share of the measured time in which a GPU was within a step.
    """

    seconds: dict[str, float]
    steps: int
    batch_size: int
    epochs: int
    num_sequences: int
    device: str
    busy: float | None

    @property
    def total(self) -> float:
        """Seconds of the schedule."""
        return sum(self.seconds.values())

    @property
    def outside(self) -> float:
        """Share of the time that is neither in steps nor waiting for data."""
        return 1 - (self.seconds['step'] + self.seconds['data']) / self.total

    def __str__(self) -> str:
        shares = ', '.join(f'{name} {seconds / self.total:.2%}'
                           for name, seconds in self.seconds.items())
        samples = self.epochs * (self.num_sequences // self.batch_size) * self.batch_size
        busy = 'not measured' if self.busy is None else f'{self.busy:.1%} of the time'
        return (f'{self.device}, batch {self.batch_size}, {self.steps} steps measured\n'
                f'{shares}; outside step and data {self.outside:.2%}\n'
                f'GPU within a step: {busy}\n'
                f'{samples / self.total:.1f} samples/s; {self.epochs} epochs of {self.num_sequences} '
                f'sequences, without evaluation: {self.total / 60:.1f} min')


def compare_runs(load_config: Callable[[], Config], rounds: int = 1, with_plain: bool = True,
                 **options) -> Iterator[tuple[str, RunTime | Ratio]]:
    """Train as the config says and in the plain formulation, in turns.

    Args:
        load_config (Callable): Gives the config, anew each time.
        rounds (int): Trainings of either form. Defaults to 1.
        with_plain (bool): Whether to train in the plain formulation, too. Defaults to True.
        **options: As of :func:`measure_run`.

    Yields:
        tuple: ``'ours'`` or ``'plain'`` with each of their times, at the end ``'ours/plain'`` with
        their ratio.

    Raises:
        ValueError: As :func:`measure_run`.
    """
    if with_plain:
        _check_plain(load_config())
    seconds = dict(plain=[], ours=[])
    for _ in range(rounds):
        for form in seconds if with_plain else ('ours', ):
            cfg = load_config()
            if form == 'plain':
                _make_plain(cfg)
            result = measure_run(cfg, **options)
            seconds[form].append(result.total)
            yield form, result
    if with_plain:
        yield 'ours/plain', ratio(seconds['ours'], seconds['plain'])


def _check_plain(cfg: Config) -> None:
    """Refuse what ``PlainMoCoRecognizer`` does not know."""
    model = MODELS.build(cfg.model)
    if getattr(model.contrast, 'weights', {}).keys() != LEVELS.keys():
        raise ValueError(
            f'{cfg.filename} contrasts the levels {list(model.contrast.weights)}, but the plain '
            f'formulation knows all of {list(LEVELS)} only. Measure without it: --no-plain.')


def _make_plain(cfg: Config) -> None:
    """Let a config train as one would without the means of this package."""
    cfg.model.type = PlainMoCoRecognizer.__name__
    cfg.default_hooks.runtime_info = dict(type='RuntimeInfoHook')
    cfg.train_dataloader.collate_fn = dict(type='pseudo_collate')


def measure_run(cfg: Config, num_sequences: int, epochs: int = 2,
                num_frames: tuple[int, int] = (30, 300),
                schedule_sequences: int | None = None) -> RunTime:
    """Train a pre-training config on synthetic data, as ``tools/train.py --no-validate`` does.

    After an epoch that does not count, whole epochs are measured. On a GPU the host works ahead, so
    that what it does besides steps is hidden behind them, but counted here.

    Args:
        cfg (Config): The config, for NTU's 25 joints. It is changed.
        num_sequences (int): Sequences of the synthetic training set.
        epochs (int): Epochs to measure. Defaults to 2.
        num_frames (tuple[int, int]): Least and most frames of a sequence, where the config reads an
            annotation file. Defaults to (30, 300).
        schedule_sequences (int, optional): Sequences of the training set for which the time of the
            whole schedule is extrapolated. Defaults to None, the same number.

    Returns:
        RunTime: Where the time goes.

    Raises:
        ValueError: If there is no epoch or no full batch to measure, or the config's training set is
            of a kind that cannot be made.
    """
    batch_size, schedule = cfg.train_dataloader.batch_size, cfg.train_cfg.max_epochs
    schedule_sequences = schedule_sequences or num_sequences
    if min(num_sequences, schedule_sequences) < batch_size or epochs < 1:
        raise ValueError(f'{epochs} epochs of {num_sequences} sequences, for a schedule with '
                         f'{schedule_sequences}, have no batch of {batch_size}. Give more of them.')
    steps = DeviceSteps() if torch.cuda.is_available() else None
    with tempfile.TemporaryDirectory() as folder:
        _use_synthetic_data(cfg.train_dataloader.dataset, Path(folder), num_sequences, num_frames)
        remove_validation(cfg)
        cfg.work_dir, cfg.launcher = folder, 'none'
        allow_no_workers(dict(cfg.items()))
        cfg.train_cfg.max_epochs = 1 + epochs
        runner = build_runner(cfg)
        watch = observe(runner, warm_up=1, steps=steps)
        runner.train()
    num_steps = epochs * len(runner.train_dataloader)
    interval = cfg.default_hooks.checkpoint.interval
    saves = math.ceil(schedule / interval) if interval > 0 else 1  # the last epoch's
    per_step = schedule * (schedule_sequences // batch_size) / num_steps
    factors = dict(step=per_step, data=per_step, hooks=per_step, ends=schedule / epochs,
                   checkpoint=saves / max(1, watch.entries['checkpoint']))
    seconds = {phase: factor * watch.seconds[phase] for phase, factor in factors.items()}
    return RunTime(seconds, num_steps, batch_size, schedule, schedule_sequences, device_name(),
                   None if steps is None else steps.busy())


def _use_synthetic_data(dataset: ConfigDict, folder: Path, num_sequences: int,
                        num_frames: tuple[int, int]) -> None:
    """Let the config of a training set read synthetic sequences."""
    while 'dataset' in dataset:  # SeededDataset and other wrappers
        dataset = dataset.dataset
    if dataset.get('num_joints', NTU_RGBD.num_joints) != NTU_RGBD.num_joints:
        raise ValueError(f'The config has num_joints={dataset.num_joints}, but the synthetic data have '
                         f'{NTU_RGBD.num_joints}. Measure a config for these.')
    if 'num_sequences' in dataset:
        dataset.num_sequences = num_sequences
    elif 'ann_file' in dataset:
        dataset.ann_file = str(folder / 'synthetic.pkl')
        sequences = _make_sequences(num_sequences, num_frames)
        write_annotation_file(dataset.ann_file, {dataset.get('split') or 'train': sequences})
    else:
        raise ValueError(f'The training set is {dataset.get("type")}, for which no synthetic data can '
                         'be made. Measure a config whose training set has ann_file or num_sequences.')


def _make_sequences(num_sequences: int, num_frames: tuple[int, int]) -> list[dict]:
    """Make annotations with (M, T, V, C) float16 key points, as MMAction2's file of NTU-60 has them."""
    actions = make_sequences(VARIETY)
    sequences = []
    for number, length in enumerate(np.random.default_rng(0).integers(
            *num_frames, num_sequences, endpoint=True)):
        action = actions[number % VARIETY]
        frames = np.linspace(0, action['total_frames'] - 1, length).astype(int)
        sequences.append(dict(action, frame_dir=f'synthetic_{number:06d}', total_frames=int(length),
                              keypoint=action['keypoint'][:, frames].astype(np.float16)))
    return sequences
