"""Log values that wait on their device until someone reads them."""
from collections import defaultdict
from collections.abc import Callable, Iterable

import torch
from mmaction.registry import HOOKS
from mmengine.hooks import Hook, LoggerHook, RuntimeInfoHook
from mmengine.runner import Runner
from torch import Tensor

# Values of each scalar that are kept, if an epoch is not longer. MMEngine keeps a million and copies
# them all to add one: a millisecond for every step at the end of 280,000.
HISTORY = 10_000


@HOOKS.register_module()
class DeferredRuntimeInfoHook(RuntimeInfoHook):
    """``RuntimeInfoHook`` that does not wait for the device in every iteration.

    MMEngine's hook asks for the number behind each log value as soon as the step has been issued. This
    one copies the values on their device and hands them to the message hub, in their order, just before
    they are read: by ``LoggerHook``, at the end of an epoch and in a checkpoint. What is then read are
    MMEngine's numbers, to the last bit, of the last 10,000 values or as many as an epoch has iterations:
    a ``LogProcessor`` window of ``'global'`` is no longer than that. In between, the message hub has no
    newer values than at the last reading.
    """

    def __init__(self) -> None:
        self._names: list[str] = []
        self._values: list[Tensor | float] = []

    def before_train(self, runner: Runner) -> None:
        """Find out when logs are written."""
        super().before_train(runner)
        self._intervals = log_intervals(runner)

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch=None,
                         outputs: dict | None = None) -> None:
        """Keep the log values, and hand over all that are kept if this iteration is logged.

        Args:
            runner (Runner): The runner.
            batch_idx (int): Number of the iteration in its epoch.
            data_batch (Any): Not used.
            outputs (dict, optional): Log values of the model. Defaults to None.
        """
        names = [f'train/{name}' for name in outputs or {}]
        self._names += names
        # Copies, because a captured CUDA graph writes the next step's values to the same place.
        self._values += _unstacked(list((outputs or {}).values()), Tensor.unbind)
        # A new scalar is handed over at once: the order of their first values is that of the log.
        if (not runner.message_hub.log_scalars.keys() >= set(names)
                or is_log_due(self, runner, batch_idx, self._intervals)):
            self._hand_over(runner)

    def after_train_epoch(self, runner: Runner) -> None:
        """Hand over what is left, where training does not go by epochs."""
        self._hand_over(runner)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Put the kept values into a checkpoint that is written between two readings."""
        if self._values:
            self._hand_over(runner)
            checkpoint['message_hub']['log_scalars'] = runner.message_hub.state_dict()['log_scalars']

    def _hand_over(self, runner: Runner) -> None:
        """Write the kept values into the message hub, which has MMEngine's history then."""
        message_hub = runner.message_hub
        for name, value in zip(self._names, _unstacked(self._values, Tensor.tolist), strict=True):
            message_hub.update_scalar(name, value)
        self._names, self._values = [], []
        for name, history in message_hub.log_scalars.items():
            if name.startswith('train/'):
                history.max_length = max(HISTORY, len(runner.train_dataloader))


def log_intervals(runner: Runner) -> list[int]:
    """Iterations between the logs of each ``LoggerHook``."""
    return [hook.interval for hook in runner.hooks if isinstance(hook, LoggerHook)]


def is_log_due(hook: Hook, runner: Runner, batch_idx: int, intervals: Iterable[int]) -> bool:
    """Whether log values are read after a training iteration: for a log, or as the epoch ends.

    Args:
        hook (Hook): Any hook.
        runner (Runner): The runner.
        batch_idx (int): Number of the iteration in its epoch.
        intervals (Iterable[int]): Those of :func:`log_intervals`.

    Returns:
        bool: Whether they are.
    """
    return (any(hook.every_n_inner_iters(batch_idx, interval) for interval in intervals)
            or hook.end_of_epoch(runner.train_dataloader, batch_idx))


@torch.no_grad()
def _unstacked(values: list, unstack: Callable[[Tensor], Iterable]) -> list:
    """Replace the tensors among log values, for which those of one type are stacked.

    Args:
        values (list[Tensor | float]): Log values; a tensor has one element.
        unstack (Callable): Makes the new values from a stack, (number of values, ).

    Returns:
        list: The new values, and what was no tensor.
    """
    values, places = list(values), defaultdict(list)
    for place, value in enumerate(values):
        if isinstance(value, Tensor):
            places[value.device, value.dtype].append(place)
            values[place] = value.reshape(()) if value.ndim else value
    for same_type in places.values():
        stack = torch.stack([values[place] for place in same_type])
        for place, value in zip(same_type, unstack(stack), strict=True):
            values[place] = value
    return values
