"""Book every second of a training under what the main process does in it."""
import functools
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner

from hico_mm.engine.hooks.deferred_runtime_info_hook import is_log_due


class Stopwatch:
    """Books time under the phase that was entered last.

    Args:
        clock (Callable): Gives seconds. Defaults to ``time.perf_counter``.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self.restart()

    def restart(self) -> None:
        """Forget all that was booked, and the present phase."""
        self.seconds, self.entries = Counter(), Counter()
        self._phase: str | None = None
        self._since = self._clock()

    def enter(self, phase: str | None) -> str | None:
        """End the present phase and begin another; the time of None is not booked.

        Returns:
            str | None: The phase that ends.
        """
        now, previous = self._clock(), self._phase
        self.seconds[previous] += now - self._since
        self.entries[phase] += 1
        self._phase, self._since = phase, now
        return previous


def cuda_event() -> torch.cuda.Event:
    """Make an event that takes the time."""
    return torch.cuda.Event(enable_timing=True)


class DeviceSteps:
    """Takes the time of steps on the GPU, which does them later than the host issues them.

    Args:
        make_event (Callable): Makes an event of the GPU's own clock. Defaults to ``cuda_event``.
    """

    def __init__(self, make_event: Callable[[], Any] = cuda_event) -> None:
        self._make_event = make_event
        self.restart()

    def restart(self) -> None:
        """Forget the steps so far."""
        self._events = []

    def mark(self) -> None:
        """Mark the beginning of a step, or its end."""
        event = self._make_event()
        event.record()
        self._events.append(event)

    def busy(self) -> float:
        """Share of the time, from the first to the last mark, that the GPU was within a step.

        What it waits for the host within a step counts as busy.
        """
        begins, ends = self._events[::2], self._events[1::2]
        within = sum(begin.elapsed_time(end) for begin, end in zip(begins, ends, strict=True))
        return within / begins[0].elapsed_time(ends[-1])


class _FirstHook(Hook):
    """Comes before all other hooks: ends what they follow."""

    priority = 'HIGHEST'

    def __init__(self, watch: Stopwatch, steps: DeviceSteps | None, warm_up: int) -> None:
        self.watch, self.steps, self.warm_up = watch, steps, warm_up

    def before_train_epoch(self, runner: Runner) -> None:
        if runner.epoch == self.warm_up:
            self.watch.restart()
            if self.steps is not None:
                self.steps.restart()
        self.watch.enter('ends')

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch=None) -> None:
        self.watch.enter('hooks')

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch=None, outputs=None) -> None:
        if self.steps is not None:
            self.steps.mark()
            # Hooks wait for the GPU before they log: book that under the steps which it is doing.
            if is_log_due(runner, batch_idx):
                torch.cuda.synchronize()
        self.watch.enter('hooks')

    def after_train_epoch(self, runner: Runner) -> None:
        self.watch.enter('ends')

    def after_train(self, runner: Runner) -> None:
        self.watch.enter(None)


class _LastHook(Hook):
    """Comes after all other hooks: begins what follows them."""

    priority = 'LOWEST'

    def __init__(self, watch: Stopwatch, steps: DeviceSteps | None) -> None:
        self.watch, self.steps = watch, steps

    def before_train_epoch(self, runner: Runner) -> None:
        self.watch.enter('data')

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch=None) -> None:
        self.watch.enter('step')
        if self.steps is not None:
            self.steps.mark()

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch=None, outputs=None) -> None:
        self.watch.enter('data')


def observe(runner: Runner, warm_up: int = 1, clock: Callable[[], float] = time.perf_counter,
            steps: DeviceSteps | None = None) -> Stopwatch:
    """Let a stopwatch follow a training, from the end of the warm-up on.

    The phases are ``step`` (``train_step``), the wait for ``data``, the ``hooks`` around the two with
    the loop itself, the ``ends`` of epochs, and in these each ``checkpoint``.

    Args:
        runner (Runner): The runner, before it trains.
        warm_up (int): Epochs at the beginning that do not count. Defaults to 1.
        clock (Callable): Gives seconds. Defaults to ``time.perf_counter``.
        steps (DeviceSteps, optional): Takes the time of the steps on a GPU. Defaults to None: there is
            none, or nobody asks.

    Returns:
        Stopwatch: The stopwatch; read it after the training.
    """
    watch = Stopwatch(clock)
    save = runner.save_checkpoint

    @functools.wraps(save)
    def save_checkpoint(*args, **kwargs) -> None:
        previous = watch.enter('checkpoint')
        save(*args, **kwargs)
        watch.enter(previous)

    runner.save_checkpoint = save_checkpoint
    runner.register_hook(_FirstHook(watch, steps, warm_up))
    runner.register_hook(_LastHook(watch, steps))
    return watch
