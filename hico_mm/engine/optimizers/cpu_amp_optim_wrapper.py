"""Mixed precision without a GPU."""
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmaction.registry import OPTIM_WRAPPERS
from mmengine.optim import OptimWrapper
from torch import nn


@OPTIM_WRAPPERS.register_module()
class CPUAmpOptimWrapper(OptimWrapper):
    """``OptimWrapper`` that computes losses in bfloat16 on the CPU.

    MMEngine's ``AmpOptimWrapper`` insists on a GPU. bfloat16 has the range of float32, so no loss
    scaling is needed. NumPy does not have the type: MMAction2's own heads, which compute training
    accuracy in NumPy, cannot be trained with it.
    """

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Context of the forward pass.

        Args:
            model (nn.Module): The training model.
        """
        with super().optim_context(model), torch.autocast('cpu', dtype=torch.bfloat16):
            yield
