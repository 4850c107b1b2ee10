"""No silent start from random weights."""
from mmaction.registry import HOOKS
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.optim import OptimWrapper
from mmengine.runner import Runner

from hico_mm.utils import check_fit, normalise_prefix


@HOOKS.register_module()
class CheckpointFitHook(Hook):
    """Refuses checkpoints that do not fit the model, where MMEngine only logs it and goes on.

    A resumed model has to be in the checkpoint as a whole.

    Args:
        prefix (str): The part of the model that training from ``load_from`` needs. Defaults to
            ``'backbone.'``; new heads and projectors are trained from scratch.
        test_prefix (str): The part that testing needs. Defaults to ``''``, the whole model;
            ``'backbone.'`` is enough for retrieval.
    """

    def __init__(self, prefix: str = 'backbone.', test_prefix: str = '') -> None:
        self.prefix = normalise_prefix(prefix)
        self.test_prefix = normalise_prefix(test_prefix)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Compare the checkpoint with the model before MMEngine copies its weights.

        Raises:
            ValueError: If a weight or buffer is missing or has another shape, or if the prefix
                names no part of the model.
        """
        if runner.cfg.get('resume', False):
            prefix = ''
        elif isinstance(runner.optim_wrapper, OptimWrapper):  # a dict until training starts
            prefix = self.prefix
        else:
            prefix = self.test_prefix
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        part = {
            name.removeprefix(prefix): value
            for name, value in model.state_dict().items() if name.startswith(prefix)
        }
        if not part:
            raise ValueError(f'CheckpointFitHook is to check {prefix!r}, but the model has only '
                             f'{sorted({name.split(".")[0] for name in model.state_dict()})}.')
        source = runner.cfg.get('load_from') or 'the checkpoint to resume'
        state = checkpoint.get('state_dict', checkpoint)
        check_fit(part, state, prefix, source)
        # MMEngine would list each tensor that a probe does not take from its pre-training.
        known = model.state_dict()
        for name in [name for name in state if name.removeprefix('module.') not in known]:
            del state[name]
