"""No evaluation lost between a checkpoint and the end of a killed run."""
from mmaction.registry import HOOKS
from mmengine.hooks import CheckpointHook, Hook
from mmengine.runner import EpochBasedTrainLoop, Runner

EVALUATED = 'evaluated_epoch'


@HOOKS.register_module()
class MissedEvaluationHook(Hook):
    """Makes up for the evaluation that the checkpoint of a resumed run lacks.

    MMEngine saves an epoch before it evaluates it, and a resumed run begins with the next epoch. So
    the result would be missing from the history, and if it was the best one, that checkpoint too:
    the earlier best one has perhaps been removed already. The evaluation is repeated before training
    goes on, unless the checkpoint has it, as one that was saved again for a new best result.
    """

    # Its `before_train` needs that of CheckpointHook.
    priority = 'LOWEST'

    def before_val_epoch(self, runner: Runner) -> None:
        """Note the epoch, for the checkpoints that are saved after its evaluation."""
        runner.message_hub.update_info(EVALUATED, runner.epoch)

    def before_train(self, runner: Runner) -> None:
        """Evaluate a resumed model."""
        loop = runner.train_loop
        if runner.epoch == 0 or not isinstance(loop, EpochBasedTrainLoop):
            return
        # MMEngine saves a new best one as the last checkpoint, too, if it knows of an earlier one.
        for hook in runner.hooks:
            if isinstance(hook, CheckpointHook):
                hook.last_ckpt = runner.message_hub.get_info('last_ckpt')
        loop._decide_current_val_interval()  # as `run` does after each epoch, for dynamic_intervals
        is_due = runner.epoch >= loop.val_begin and (
            runner.epoch % loop.val_interval == 0 or runner.epoch == loop.max_epochs)
        is_missed = runner.message_hub.get_info(EVALUATED) != runner.epoch
        if runner.val_loop is not None and is_due and is_missed:
            runner.val_loop.run()
