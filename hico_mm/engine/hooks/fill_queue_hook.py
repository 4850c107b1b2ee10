"""Epochs in which only the queues are filled."""
from mmaction.registry import HOOKS
from mmengine.hooks import Hook
from mmengine.runner import Runner


@HOOKS.register_module()
class FillQueueHook(Hook):
    """Trains nothing in the first epochs: losses are logged and queues filled, but no weight moves.

    AS-CAL (Rao et al., Information Sciences 2021), as its code has it. The learning rate goes on. The
    key encoder stays as it is, too, since it starts as a copy of the query encoder.

    Args:
        epochs: How many epochs.
    """

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs

    def before_train_epoch(self, runner: Runner) -> None:
        """Put nothing in the place of the optimizer's step."""
        if runner.epoch < self.epochs:
            # On the instance, so that the next epoch has that of the class again.
            runner.optim_wrapper.update_params = lambda loss, *args, **kwargs: None

    def after_train_epoch(self, runner: Runner) -> None:
        """Give the optimizer's step back."""
        vars(runner.optim_wrapper).pop('update_params', None)
