"""The step of pre-training in a plain formulation, for tests and benchmark to compare ours with."""
from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from mmaction.utils import SampleList
from torch import Tensor, nn

from hico_mm.models.backbones.hico_encoder import DomainBranch
from hico_mm.models.recognizers import MoCoRecognizer

# Parts of our step: one pass over all granularities, queues without copies (and with the InfoNCE that
# makes this possible), fused update of the key encoder.
CHANGES = ('granularities', 'queues', 'momentum')


@MODELS.register_module()
class PlainMoCoRecognizer(MoCoRecognizer):
    """``MoCoRecognizer`` whose step is written down as one thinks of it, with the same parameters.

    One encoder call for each granularity, a momentum update parameter by parameter, copied queues and
    an InfoNCE of nothing but PyTorch's operators. It is for a ``HiCoEncoder`` with both branches and
    all four levels of the contrast, and reports no accuracies.

    Args:
        changes: Which of ``CHANGES`` to take from our step, to measure one by itself. Defaults to none.
        **kwargs: Those of ``MoCoRecognizer``.
    """

    def __init__(self, changes: Sequence[str] = (), **kwargs) -> None:
        super().__init__(**kwargs)
        self.changes = changes

    def loss(self, inputs: Tensor, data_samples: SampleList, **kwargs) -> dict[str, Tensor]:
        """One step of momentum contrast over two views of each sequence, (N, 2, M, T, V, C)."""
        project = self._project if 'granularities' in self.changes else _project
        query = project(self.backbone, self.neck, inputs[:, 0])
        with torch.no_grad():
            self._update_momentum_encoder()
            key = project(**self.momentum_encoder, view=inputs[:, 1])
        with torch.autocast(inputs.device.type, enabled=False):
            losses = self._contrast(query, key)
        for name, queue in self.queues.items():
            queue.enqueue(key[name])
        return losses

    def _update_momentum_encoder(self) -> None:
        if 'momentum' in self.changes:
            super()._update_momentum_encoder()
            return
        for name, encoder in self.momentum_encoder.items():
            for key_parameter, parameter in zip(
                    encoder.parameters(), getattr(self, name).parameters(), strict=True):
                key_parameter.mul_(self.momentum).add_(parameter, alpha=1 - self.momentum)

    def _contrast(self, query: Mapping[str, Tensor], key: Mapping[str, Tensor]) -> dict[str, Tensor]:
        # The backward pass reads the queues as they were, so the loss gets copies.
        queues = {name: queue.features.clone() for name, queue in self.queues.items()}
        if 'queues' in self.changes:
            return self.contrast(query, key, queues)
        losses = _contrast(query, key, queues, self.contrast.temperature)
        return {f'loss_{level}': self.contrast.weights[level] * loss
                for level, loss in losses.items()}


def _project(backbone: nn.Module, neck: nn.Module, view: Tensor) -> dict[str, Tensor]:
    """Project the features of one view (N, M, T, V, C): name -> (N, D) or (N, L, D)."""
    frames = view.permute(0, 2, 1, 3, 4).flatten(2)  # (N, T, M * V * C)
    joints = view.permute(0, 1, 3, 2, 4).flatten(3).flatten(1, 2)  # (N, M * V, T * C)
    clip, part = _encode(backbone.temporal, frames), _encode(backbone.spatial, joints)
    temporal, spatial = clip.flatten(1), part.flatten(1)
    features = dict(clip=clip, part=part, temporal=temporal, spatial=spatial,
                    instance=torch.cat([temporal, spatial], dim=1))
    return {name: F.normalize(feature.float(), dim=-1) for name, feature in neck(features).items()}


def _encode(branch: DomainBranch, tokens: Tensor) -> Tensor:
    """Encode the tokens of one domain (N, S, channels) granularity by granularity: (N, L, D)."""
    x = branch.embedding(tokens)
    features = [branch.s2s(x).amax(dim=1)]
    for _ in range(1, branch.num_granularities):
        x = branch.udm(x)
        features.append(branch.s2s(x).amax(dim=1))
    return torch.stack(features, dim=1)


def _contrast(query: Mapping[str, Tensor], key: Mapping[str, Tensor], queue: Mapping[str, Tensor],
              temperature: float) -> dict[str, Tensor]:
    """Losses of the four levels (Eq. 8 to 11), each a mean over the batch."""

    def info_nce(anchor: Tensor, positives: Tensor, negatives: Tensor) -> Tensor:
        positive = torch.einsum('nd,npd->np', anchor, positives) / temperature  # (N, P)
        negative = anchor @ negatives.T / temperature  # (N, K)
        both = torch.cat([positive, negative], dim=1)
        return (both.logsumexp(1) - positive.logsumexp(1)).mean()

    return dict(
        instance=info_nce(query['instance'], key['instance'][:, None], queue['instance']),
        domain=info_nce(query['temporal'], key['spatial'][:, None], queue['spatial'])
        + info_nce(query['spatial'], key['temporal'][:, None], queue['temporal']),
        clip=info_nce(query['clip'][:, 0], key['clip'], queue['clip']),
        part=info_nce(query['part'][:, 0], key['part'], queue['part']))
