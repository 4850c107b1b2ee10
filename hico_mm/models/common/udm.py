import torch
from mmaction.registry import MODELS
from torch import Tensor, nn

from hico_mm.utils.errors import check_positive, check_variant


@MODELS.register_module()
class UDM(nn.Module):
    """Unified Downsampling Module: merges neighbouring clips or parts (Eq. 2 and 3).

    Args:
        channels: D, the number of channels.
        kernel_size: Odd width of the convolution in tokens. Defaults to 5.
        pool_size: Tokens merged into one by the max pooling. Defaults to 2.
        variant: ``'paper'``: Conv1D, ReLU, LN, MaxPool. ``'released'``: depth-wise Conv1D, LN, ReLU,
            MaxPool. Defaults to ``'paper'``.

    Raises:
        ValueError: The variant is unknown, the kernel size is even or the pool size below 1.
    """

    def __init__(self, channels: int, kernel_size: int = 5, pool_size: int = 2,
                 variant: str = 'paper') -> None:
        super().__init__()
        if kernel_size % 2 == 0:
            raise ValueError(f'kernel_size={kernel_size} must be odd, so that every token stays in '
                             'the middle of its neighbours.')
        check_positive(pool_size=pool_size)
        self.variant = check_variant(variant)
        self.conv = nn.Conv1d(
            channels, channels, kernel_size, padding=kernel_size // 2,
            groups=channels if variant == 'released' else 1)
        self.norm = nn.LayerNorm(channels)
        self.pool = nn.MaxPool1d(pool_size)

    def forward(self, x: Tensor) -> Tensor:
        """Merge neighbouring tokens.

        Args:
            x: Tokens of one granularity, (N, S, D).

        Returns:
            Tensor: Tokens of the next granularity, (N, S // pool_size, D).
        """
        x = self.conv(x.transpose(1, 2)).transpose(1, 2)  # (N, S, D)
        x = torch.relu(self.norm(x)) if self.variant == 'released' else self.norm(torch.relu(x))
        return self.pool(x.transpose(1, 2)).transpose(1, 2)  # (N, S // pool_size, D)
