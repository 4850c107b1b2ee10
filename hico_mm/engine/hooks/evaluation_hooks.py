"""Evaluations that MMEngine leaves out: of the untrained model, and of a killed run's last epoch."""
from mmaction.registry import HOOKS
from mmengine.hooks import CheckpointHook, Hook, IterTimerHook, LoggerHook, RuntimeInfoHook
from mmengine.runner import EpochBasedTrainLoop, Runner

EVALUATED = 'evaluated_epoch'
SHOWING = (LoggerHook, RuntimeInfoHook, IterTimerHook)  # what a log of a result needs


@HOOKS.register_module()
class MissedEvaluationHook(Hook):
    """Repeats the evaluation that the checkpoint of a resumed run lacks.

    MMEngine saves an epoch before it evaluates it, and a resumed run begins with the next epoch. The
    result would be missing from the history; if it was the best one, its checkpoint would be missing,
    too, and the earlier best one is perhaps removed already. A checkpoint that was saved again for a new
    best result has its evaluation, which is not repeated.
    """

    # After CheckpointHook, which has to know the best result so far.
    priority = 'LOWEST'

    def before_val_epoch(self, runner: Runner) -> None:
        """Note the epoch, for a checkpoint that is saved after its evaluation."""
        runner.message_hub.update_info(EVALUATED, runner.epoch)

    def before_train(self, runner: Runner) -> None:
        """Evaluate a resumed model before training goes on."""
        loop = runner.train_loop
        if runner.epoch == 0 or not isinstance(loop, EpochBasedTrainLoop):
            return
        # MMEngine saves a new best model as the last checkpoint, too, if it knows of an earlier one.
        for hook in checkpoint_hooks(runner):
            hook.last_ckpt = runner.message_hub.get_info('last_ckpt')
        loop._decide_current_val_interval()  # as `run` does after each epoch, for dynamic_intervals
        is_due = runner.epoch >= loop.val_begin and (
            runner.epoch % loop.val_interval == 0 or runner.epoch == loop.max_epochs)
        is_missed = runner.message_hub.get_info(EVALUATED) != runner.epoch
        if runner.val_loop is not None and is_due and is_missed:
            runner.val_loop.run()


@HOOKS.register_module()
class UntrainedBaselineHook(Hook):
    """Evaluates the untrained model, and compares it with the trained one at the end of the log.

    The untrained result is kept in the message hub, thus in checkpoints. A run that starts from loaded
    weights has no untrained model and logs the trained result alone.

    Args:
        metric: The metric to compare, a fraction.
    """

    # After every hook that prepares for evaluations, saves or logs.
    priority = 'LOWEST'

    def __init__(self, metric: str = 'knn/top1') -> None:
        self.metric = metric
        self._info = f'untrained/{metric}'
        self._is_loaded = False
        self._evaluated: tuple[int, float] | None = None  # (iteration, result) of the last evaluation
        self._summary: list[str] = []

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Note that the weights are not untrained."""
        self._is_loaded = True

    def before_train(self, runner: Runner) -> None:
        """Evaluate the untrained model; raise a ValueError if the config has no validation."""
        if runner.val_loop is None:
            raise ValueError('UntrainedBaselineHook evaluates the model, but the config has no '
                             'val_dataloader, val_cfg and val_evaluator. Add them, or drop the hook.')
        if self._is_loaded:
            return
        # The result is shown, but is none of training: it is neither to be the best one nor to stop or
        # slow down the training.
        hooks = runner.hooks
        runner._hooks = [hook for hook in hooks if hook is self or isinstance(hook, SHOWING)]
        runner.val_loop.run()
        runner._hooks = hooks
        runner.message_hub.update_info(self._info, self._evaluated[1])

    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Keep the result; raise a KeyError if the metric is not among the results."""
        if self.metric not in metrics:
            raise KeyError(f'UntrainedBaselineHook has metric={self.metric!r}, but the validation '
                           f'gives {sorted(metrics)}. Name one of these.')
        self._evaluated = (runner.iter, float(metrics[self.metric]))

    def after_train(self, runner: Runner) -> None:
        """Compare, evaluating the final weights if that has not been done."""
        # It has not where validation begins after the last epoch, and in a complete run that is resumed.
        if self._evaluated is None or self._evaluated[0] != runner.iter:
            runner.val_loop.run()
        trained = self._evaluated[1]
        untrained = runner.message_hub.get_info(self._info)
        if untrained is None:
            self._summary = [f'{self.metric}: {trained:.4f} trained']
        else:
            self._summary = [f'{self.metric}: {untrained:.4f} untrained -> {trained:.4f} trained '
                             f'({100 * (trained - untrained):+.1f} points, one initialisation)']
        checkpoint = runner.message_hub.get_info('last_ckpt')
        if checkpoint is not None:
            self._summary.append(f'Checkpoint: {checkpoint}')

    def after_run(self, runner: Runner) -> None:
        """Log the comparison and the last checkpoint."""
        for line in self._summary:
            runner.logger.info(line)


def checkpoint_hooks(runner: Runner) -> list[CheckpointHook]:
    """Hooks that save checkpoints."""
    return [hook for hook in runner.hooks if isinstance(hook, CheckpointHook)]
