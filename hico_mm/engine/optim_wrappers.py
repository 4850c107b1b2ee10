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
    gradients are finite. MMEngine's ``AmpOptimWrapper`` scales and waits, and needs a GPU. Weights and
    optimizer stay in float32.
    """

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Run the forward pass of a model in bfloat16."""
        device = next(model.parameters()).device.type
        with super().optim_context(model), torch.autocast(device, dtype=torch.bfloat16):
            yield
