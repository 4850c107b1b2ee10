"""Time of a training step: ours, in several precisions, against the plain formulation."""
import statistics
from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

import torch
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope

from . import CONFIGS
from .interleaved import Ratio, ratio, time_interleaved
from .peak_memory import peak_mebibytes
from .plain_step import PlainMoCoRecognizer

ENCODERS = ('Transformer', 'GRU', 'LSTM')
# Behind the dash: torch.set_float32_matmul_precision. On a GPU high is TF32.
PRECISIONS = ('float32', 'float32-high', 'float32-medium', 'bfloat16', 'float16')

WRAPPERS = dict(bfloat16='BFloat16OptimWrapper', float16='AmpOptimWrapper')


class StepSize(NamedTuple):
    """What a step works on. By default that of the paper."""

    batch_size: int = 64
    hidden_channels: int = 512
    queue_length: int = 2048
    num_granularities: int = 4


PAPER = StepSize()


class StepRow(NamedTuple):
    """What was measured of one form of the step.

    Attributes:
        encoder: One of ``ENCODERS``.
        precision: One of ``PRECISIONS``.
        form: ``'plain'``, ``'ours'``, or ``'plain+CHANGE'`` with one of ``CHANGES``.
        size: What the step worked on.
        over_plain: Time over that of the plain form in the same precision; None for that itself.
        over_first: Time over that of the same form in the first precision; None in that.
        seconds: Median time of a step.
        peak_mebibytes: Most memory that a step takes; None where it cannot be read.
    """

    encoder: str
    precision: str
    form: str
    size: StepSize
    over_plain: Ratio | None
    over_first: Ratio | None
    seconds: float
    peak_mebibytes: float | None

    def __str__(self) -> str:
        parts = [f'{self.encoder} {self.precision} {self.form}: {self.seconds:.3f} s',
                 f'{self.size.batch_size / self.seconds:.1f} samples/s']
        if self.peak_mebibytes is not None:
            parts.append(f'peak memory {self.peak_mebibytes:.0f} MiB')
        if self.over_plain:
            parts.append(f'time over plain {self.over_plain}')
        if self.over_first:
            parts.append(f'over the first precision {self.over_first}')
        return ', '.join(parts)


def measure_step(encoder: str,
                 precisions: Iterable[str] = ('float32', 'bfloat16'),
                 size: StepSize = PAPER,
                 device: str = 'cpu',
                 rounds: int = 5,
                 clock: str = 'wall',
                 changes: Iterable[str] = (),
                 compile_mode: str | None = None) -> list[StepRow]:
    """Time the whole step (batch to device, losses, backward pass, optimizer) in turns.

    Args:
        encoder (str): One of ``ENCODERS``.
        precisions (Iterable[str]): Some of ``PRECISIONS``; all are compared with the first.
        size (StepSize): What to work on. Defaults to the size of the paper.
        device (str): Where to work. Defaults to ``'cpu'``.
        rounds (int): Times every form is run. Defaults to 5.
        clock (str): As of ``time_interleaved``. Defaults to ``'wall'``.
        changes (Iterable[str]): Some of ``CHANGES``, each to be measured by itself. Defaults to none.
        compile_mode (str, optional): Mode of ``torch.compile`` for our step. Defaults to none.

    Returns:
        list[StepRow]: A row for each precision and form.
    """
    options = (encoder, size, device, tuple(changes), compile_mode)
    steps = {(precision, form): step for precision in precisions
             for form, step in _make_forms(precision, *options).items()}

    def wait() -> None:
        if device != 'cpu':
            torch.cuda.synchronize(device)

    seconds = time_interleaved(steps, rounds, clock, wait)
    first, _ = next(iter(steps))
    return [
        StepRow(
            encoder, precision, form, size,
            over_plain=None if form == 'plain' else ratio(times, seconds[precision, 'plain']),
            over_first=None if precision == first else ratio(times, seconds[first, form]),
            seconds=statistics.median(times),
            peak_mebibytes=peak_mebibytes(partial(_make_form, form, precision, *options), device))
        for (precision, form), times in seconds.items()]


def _make_forms(precision: str, encoder: str, size: StepSize, device: str, changes: tuple[str, ...],
                compile_mode: str | None) -> dict[str, Callable[[], None]]:
    """Make the steps of all forms in one precision."""
    models = build_models(encoder, size, device, changes)
    if compile_mode:  # as MMEngine's Runner does it
        models['ours'].train_step = torch.compile(models['ours'].train_step, mode=compile_mode)
    return {form: make_step(model, size, precision, device) for form, model in models.items()}


def _make_form(form: str, *options) -> Callable[[], None]:
    """Make one of them, also in a process that knows nothing of it."""
    init_default_scope('mmaction')
    return _make_forms(*options)[form]


def build_models(encoder: str, size: StepSize = PAPER, device: str = 'cpu',
                 changes: Iterable[str] = ()) -> dict[str, PlainMoCoRecognizer]:
    """Build the model of the configs in all forms, with the same weights.

    Args:
        encoder (str): One of ``ENCODERS``.
        size (StepSize): Sizes of the model. Defaults to those of the paper.
        device (str): Where the models live. Defaults to ``'cpu'``.
        changes (Iterable[str]): Some of ``CHANGES``. Defaults to none.

    Returns:
        dict: ``'plain'``, ``'ours'`` and ``'plain+CHANGE'`` -> model.
    """
    cfg = Config.fromfile(CONFIGS / 'models/hico.py').model
    cfg.backbone.update(hidden_channels=size.hidden_channels, s2s=dict(type=f'S2S{encoder}'),
                        num_granularities=size.num_granularities)
    cfg.queue.length = size.queue_length
    plain = {'plain': (), **{f'plain+{change}': (change,) for change in changes}}
    models = dict(ours=MODELS.build(cfg))
    for form, taken in plain.items():
        models[form] = MODELS.build(dict(cfg, type=PlainMoCoRecognizer, changes=taken))
    for model in models.values():
        model.load_state_dict(models['ours'].state_dict())
        model.to(device).train()
    return models


def make_step(model: torch.nn.Module, size: StepSize, precision: str,
              device: str) -> Callable[[], None]:
    """Make what MMEngine's training loop calls for each batch.

    Args:
        model (nn.Module): One of ``build_models``.
        size (StepSize): What the model was built for.
        precision (str): One of ``PRECISIONS``.
        device (str): Where the model lives.

    Returns:
        Callable: Takes one step with random skeletons.
    """
    wrapper = Config.fromfile(CONFIGS / 'schedules/pretrain_451e.py').optim_wrapper
    wrapper.type = WRAPPERS.get(precision, 'OptimWrapper')
    optim_wrapper = build_optim_wrapper(model, wrapper)
    data = dict(inputs=torch.randn(size.batch_size, 2, 2, 64, 25, 3),
                data_samples=[ActionDataSample() for _ in range(size.batch_size)])

    def step() -> None:
        torch.set_float32_matmul_precision(precision.partition('-')[2] or 'highest')
        model.train_step(data, optim_wrapper)

    return step
