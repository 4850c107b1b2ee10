"""What training gained, in the last lines of its log."""
from collections.abc import Iterator
from contextlib import contextmanager

from mmaction.registry import HOOKS
from mmengine.hooks import CheckpointHook, Hook
from mmengine.runner import Runner


@HOOKS.register_module()
class UntrainedBaselineHook(Hook):
    """Evaluates the untrained model and sets it beside the trained one at the end of the log.

    The untrained number is kept in the message hub, thus in checkpoints. A run that starts from
    loaded weights has no untrained model and logs the trained number alone.

    Args:
        metric (str): The metric to compare, a fraction. Defaults to ``'knn/top1'``.
    """

    # After CheckpointHook, which prepares for evaluations in its own `before_train`; and after
    # every hook that logs.
    priority = 'LOWEST'

    def __init__(self, metric: str = 'knn/top1') -> None:
        self.metric = metric
        self._info = f'untrained/{metric}'
        self._loaded = False
        self._evaluated: tuple[int, float] | None = None  # (iteration, value) of the last time
        self._summary: list[str] = []

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Note that the weights are not untrained."""
        self._loaded = True

    def before_train(self, runner: Runner) -> None:
        """Evaluate the untrained model.

        Raises:
            ValueError: If the config has no validation.
        """
        if runner.val_loop is None:
            raise ValueError('UntrainedBaselineHook evaluates the model, but the config has no '
                             'val_dataloader, val_cfg and val_evaluator. Add them, or drop the '
                             'hook.')
        if not self._loaded:
            with _without_best_checkpoint(runner):
                runner.val_loop.run()
            runner.message_hub.update_info(self._info, self._evaluated[1])

    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Keep the metric.

        Raises:
            KeyError: If the evaluation does not give the metric.
        """
        if self.metric not in metrics:
            raise KeyError(f'UntrainedBaselineHook has metric={self.metric!r}, but the validation '
                           f'gives {sorted(metrics)}. Name one of these.')
        self._evaluated = (runner.iter, float(metrics[self.metric]))

    def after_train(self, runner: Runner) -> None:
        """Make the summary, of the weights at the end."""
        # MMEngine evaluates after the last epoch, except before `val_begin` and in a run that was
        # already complete when it was resumed.
        if self._evaluated is None or self._evaluated[0] != runner.iter:
            runner.val_loop.run()
        trained = self._evaluated[1]
        untrained = runner.message_hub.get_info(self._info)
        if untrained is None:
            self._summary = [f'{self.metric}: {trained:.4f} trained']
        else:
            self._summary = [f'{self.metric}: {untrained:.4f} untrained -> {trained:.4f} trained '
                             f'({100 * (trained - untrained):+.1f} points)']
        checkpoint = runner.message_hub.get_info('last_ckpt')
        if checkpoint is not None:
            self._summary.append(f'Checkpoint: {checkpoint}')

    def after_run(self, runner: Runner) -> None:
        """Log the summary as the last lines of a training."""
        for line in self._summary:
            runner.logger.info(line)


@contextmanager
def _without_best_checkpoint(runner: Runner) -> Iterator[None]:
    """Keep ``CheckpointHook`` from saving random weights as the best checkpoint.

    Its score would also have to be beaten by trained ones, and 'best' means the best of training.
    """
    hooks = [hook for hook in runner.hooks if isinstance(hook, CheckpointHook)]
    save_best = [hook.save_best for hook in hooks]
    try:
        for hook in hooks:
            hook.save_best = None
        yield
    finally:
        for hook, value in zip(hooks, save_best, strict=True):
            hook.save_best = value
