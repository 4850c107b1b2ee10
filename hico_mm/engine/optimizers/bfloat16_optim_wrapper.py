"""Mixed precision without loss scaling."""
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmaction.registry import OPTIM_WRAPPERS
from mmengine.optim import OptimWrapper
from torch import nn


@OPTIM_WRAPPERS.register_module()
class BFloat16OptimWrapper(OptimWrapper):
    """``OptimWrapper`` that computes losses in bfloat16, on a GPU or on the CPU.

    bfloat16 has the range of float32, so no loss is scaled, and no step waits to learn whether its
    gradients are finite. MMEngine's ``AmpOptimWrapper``, which scales and waits, insists on a GPU.
    NumPy does not have the type: MMAction2's own heads, which compute training accuracy in NumPy,
    cannot be trained with it.
    """

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Context of the forward pass.

        Args:
            model (nn.Module): The training model.
        """
        device = next(model.parameters()).device.type
        with super().optim_context(model), torch.autocast(device, dtype=torch.bfloat16):
            yield
