import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from mmengine.dist import all_gather
from torch import Tensor, nn

from hico_mm.utils.errors import check_positive, check_variant


@MODELS.register_module()
class FeatureQueue(nn.Module):
    """First-in-first-out queue of projected features, the negatives of the contrast (Eq. 8 to 11).

    Features and pointer are buffers, so every checkpoint has them. A new queue holds random unit
    vectors.

    Args:
        channels: Channels of a projected feature.
        length: K, the number of instances to remember. Defaults to 2048.
        granularities: Features an instance brings: L at clip and part level, else 1. The queue holds
            ``length * granularities`` features. Defaults to 1.
        variant: ``'paper'``: first in, first out over the whole queue. ``'released'``: as in the
            authors' code, the write position returns to the start after K features although the queue
            holds K * L. So most of a clip or part queue keeps its random start. Defaults to ``'paper'``.

    Raises:
        ValueError: A size is below 1 or the variant is unknown.
    """

    def __init__(self, channels: int, length: int = 2048, granularities: int = 1,
                 variant: str = 'paper') -> None:
        super().__init__()
        check_positive(channels=channels, length=length, granularities=granularities)
        capacity = length * granularities
        self.turn = length if check_variant(variant) == 'released' else capacity
        self.register_buffer('features', F.normalize(torch.randn(capacity, channels), dim=1))
        self.register_buffer('pointer', torch.zeros(1, dtype=torch.long))

    @torch.no_grad()
    def enqueue(self, features: Tensor, goes_on: bool = False) -> None:
        """Replace the oldest features by those of a batch, gathered from all processes.

        Any batch size works. What does not fit before the end of the queue goes on at its start. Of a
        batch larger than the queue, the last features stay.

        Args:
            features: Normalised keys, (N, D) or (N, L, D).
            goes_on: Whether they belong to the same step of the optimizer as those before. Defaults to
                False.
        """
        if not goes_on:
            self._start, self._written = self.pointer.clone(), 0
        features = features.detach().to(self.features.dtype)  # half precision under AMP
        # The sampler deals samples to the processes in turn. Stacked so, they are in the order that one
        # process would have.
        features = torch.stack(all_gather(features.contiguous()), 1).flatten(0, -2)  # (N * L, D)
        count, capacity = len(features), len(self.features)
        first = max(0, count - capacity)
        offset = self._written + torch.arange(first, count, device=features.device)
        self.features.index_copy_(0, (self._start + offset) % capacity, features[first:])
        self._written += count
        self.pointer.copy_((self._start + self._written) % self.turn)
