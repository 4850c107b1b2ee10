"""No training on after the loss is lost."""
import math

from mmaction.registry import HOOKS
from mmengine.hooks import Hook
from mmengine.runner import Runner


@HOOKS.register_module()
class FiniteLossHook(Hook):
    """Ends a training whose loss is NaN or infinite, which MMEngine would continue to its end.

    It looks at the newest loss in the message hub, and so never waits for a GPU itself: with
    ``DeferredRuntimeInfoHook`` it sees a lost loss when the next log is due, at the end of the epoch at
    the latest.
    """

    # Before CheckpointHook, so that what is lost does not replace what is good.
    priority = 'NORMAL'

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch=None,
                         outputs: dict | None = None) -> None:
        """Look at the loss.

        Raises:
            ValueError: If it is not finite.
        """
        self._check(runner)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Look at the loss again, for a checkpoint that is written between two logs.

        Raises:
            ValueError: If it is not finite.
        """
        if 'train/loss' in runner.message_hub.log_scalars:
            self._check(runner)

    @staticmethod
    def _check(runner: Runner) -> None:
        loss = runner.message_hub.get_scalar('train/loss').current()
        if not math.isfinite(loss):
            raise ValueError(
                f'The loss is {loss}, seen in epoch {runner.epoch + 1} after {runner.iter + 1} '
                'iterations. Lower the learning rate, and look for extreme coordinates in the data.')
