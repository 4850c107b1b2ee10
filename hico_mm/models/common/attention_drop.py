import torch
from mmaction.registry import MODELS
from mmengine.dist import all_reduce
from torch import Tensor, nn

LEAST = 0.6224593312018546  # sigmoid(0.5)


@MODELS.register_module()
class AttentionDrop(nn.Module):
    """Removes the salient part of feature maps: AimCLR's energy-based attention-guided drop module.

    Guo et al., AAAI 2022. The attention of an element is the sigmoid of its squared distance from the
    mean of its map. First the joints of high mean attention are set to zero, then the elements of high
    attention. What is left of the batch, with several processes of all their batches, is scaled up to
    make up for it. Nothing is drawn.

    Args:
        threshold: Attention from which joints and elements are dropped. Defaults to 0.7.
        epsilon: Added to the variance of a map. Defaults to 1e-4.

    Raises:
        ValueError: The threshold is at most sigmoid(0.5), the attention of the mean, or above 1.
    """

    def __init__(self, threshold: float = 0.7, epsilon: float = 1e-4) -> None:
        super().__init__()
        if not LEAST < threshold <= 1:
            raise ValueError(f'threshold={threshold} of AttentionDrop: expected {LEAST:.3f} < threshold '
                             '<= 1, since no attention is lower.')
        self.threshold, self.epsilon = threshold, epsilon

    def forward(self, x: Tensor) -> Tensor:
        """Drop of feature maps, (N, D, T, V) -> (N, D, T, V)."""
        with torch.no_grad():
            variance, mean = torch.var_mean(x, (2, 3), keepdim=True)  # of T * V - 1
            energy = (x - mean)**2 / (4 * (variance + self.epsilon)) + 0.5
            attention = energy.sigmoid()
            joints = attention.mean((1, 2), keepdim=True) < self.threshold  # (N, 1, 1, V)
            elements = attention < self.threshold
        return _kept(_kept(x, joints), elements)


def _kept(x: Tensor, mask: Tensor) -> Tensor:
    share = mask.sum() / mask.numel()
    all_reduce(share, 'mean')
    # A batch of which nothing is left stays zero.
    return x * mask / share.clamp(min=1 / mask.numel())
