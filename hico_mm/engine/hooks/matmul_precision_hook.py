"""TF32 by the config."""
import torch
from mmaction.registry import HOOKS
from mmengine.hooks import Hook
from mmengine.runner import Runner

PRECISIONS = ('highest', 'high', 'medium')


@HOOKS.register_module()
class MatmulPrecisionHook(Hook):
    """Sets how precisely float32 matrices are multiplied, for which MMEngine has no entry.

    Weights and activations stay float32. As ``torch.set_float32_matmul_precision`` is, it is of the
    whole process: the precision before the run returns after it.

    Args:
        precision (str): ``'highest'`` is float32; ``'high'`` is TF32 on a GPU that has it; ``'medium'``
            allows bfloat16, which only some CPUs use. Defaults to ``'high'``.

    Raises:
        ValueError: The precision is none of these.
    """

    def __init__(self, precision: str = 'high') -> None:
        if precision not in PRECISIONS:
            raise ValueError(f'MatmulPrecisionHook got precision={precision!r}, which must be one of '
                             f"{PRECISIONS}; TF32 is 'high'.")
        self.precision = precision

    def before_run(self, runner: Runner) -> None:
        """Set the precision."""
        self.previous = torch.get_float32_matmul_precision()
        torch.set_float32_matmul_precision(self.precision)

    def after_run(self, runner: Runner) -> None:
        """Set the precision of before."""
        torch.set_float32_matmul_precision(self.previous)
