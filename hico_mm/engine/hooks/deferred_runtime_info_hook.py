"""Log values that stay on their device until someone reads them."""
from typing import Any

import torch
from mmaction.registry import HOOKS
from mmengine.hooks import LoggerHook, RuntimeInfoHook
from mmengine.runner import Runner
from torch import Tensor

HISTORY = 10_000


@HOOKS.register_module()
class DeferredRuntimeInfoHook(RuntimeInfoHook):
    """``RuntimeInfoHook`` that lets no training step wait for the device.

    MMEngine's hook reads each log value in each iteration, and so waits until the device has done the
    step. This one copies the values on their device. It hands them to the message hub when
    ``LoggerHook`` writes, at the end of an epoch and for a checkpoint; in between, the message hub lacks
    the newest values. The numbers are MMEngine's, to the last bit.

    The history of a training value is its last 10,000 entries, or all of an epoch if that is longer.
    MMEngine keeps a million, and copies all of them to append one: a millisecond in each step after
    280,000.
    """

    def __init__(self) -> None:
        self._kept: dict[str, list] = {}

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None,
                         outputs: dict | None = None) -> None:
        """Keep the log values in ``outputs``; hand over all that are kept if they are read now."""
        for name, value in (outputs or {}).items():
            if isinstance(value, Tensor):
                # A copy, because a captured CUDA graph writes the next step's value to the same place.
                value = value.detach().reshape(()).clone()
            self._kept.setdefault(f'train/{name}', []).append(value)
        # A new name is handed over at once, so that the log has the names in the model's order.
        if (not runner.message_hub.log_scalars.keys() >= self._kept.keys()
                or is_log_due(runner, batch_idx)):
            self._hand_over(runner)

    def after_train_epoch(self, runner: Runner) -> None:
        """Hand over what is left, where training does not go by epochs."""
        self._hand_over(runner)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Put the kept values into a checkpoint that is written between two readings."""
        if self._kept:
            self._hand_over(runner)
            checkpoint['message_hub']['log_scalars'] = runner.message_hub.state_dict()['log_scalars']

    def _hand_over(self, runner: Runner) -> None:
        hub = runner.message_hub
        for name, values in self._kept.items():
            if all(isinstance(value, Tensor) for value in values):
                values = torch.stack(values).tolist()  # waits for the device once, not for each value
            for value in values:
                hub.update_scalar(name, value)
        self._kept = {}
        for name, history in hub.log_scalars.items():
            if name.startswith('train/'):
                history.max_length = max(HISTORY, len(runner.train_dataloader))


def is_log_due(runner: Runner, batch_idx: int) -> bool:
    """Whether log values are read after a training iteration: for a log, or as the epoch ends."""
    intervals = [hook.interval for hook in runner.hooks if isinstance(hook, LoggerHook)]
    intervals.append(len(runner.train_dataloader))
    return any((batch_idx + 1) % interval == 0 for interval in intervals)
