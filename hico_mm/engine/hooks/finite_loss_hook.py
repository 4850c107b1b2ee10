"""No training on after the loss is lost."""
import math

import torch
from mmaction.registry import HOOKS
from mmengine.hooks import Hook
from mmengine.runner import Runner


@HOOKS.register_module()
class FiniteLossHook(Hook):
    """Ends a training whose loss is NaN or infinite, which MMEngine would continue to its end.

    Args:
        interval (int): Iterations between two looks; each waits for the GPU. Defaults to 20.
    """

    # Before CheckpointHook, so that what is lost does not replace what is good.
    priority = 'NORMAL'

    def __init__(self, interval: int = 20) -> None:
        self.interval = interval

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch=None,
                         outputs: dict | None = None) -> None:
        """Look at the loss, at the end of an epoch too.

        Raises:
            ValueError: If it is not finite.
        """
        is_last = batch_idx + 1 == len(runner.train_dataloader)
        if not self.every_n_inner_iters(batch_idx, self.interval) and not is_last:
            return
        loss = torch.as_tensor(outputs['loss']).detach().item()
        if not math.isfinite(loss):
            raise ValueError(
                f'The loss is {loss} at epoch {runner.epoch + 1}, iteration {batch_idx + 1}. Lower the '
                'learning rate, and look for extreme coordinates in the data.')
