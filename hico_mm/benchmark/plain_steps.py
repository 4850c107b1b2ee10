"""Training steps in the most direct way, as the methods' public code has them. For analysis/speed.py.

With the same weights they compute the same as ``MoCoRecognizer``. The graph networks and AS-CAL's LSTM
are the same modules; what differs is the rest of the step.
"""
from collections.abc import Mapping, Sequence
from functools import partial

import torch
import torch.nn.functional as F
from mmaction.utils import SampleList
from torch import Tensor, nn

from hico_mm.models.backbones import HiCoEncoder, PooledGCN, RecurrentEncoder
from hico_mm.models.backbones.hico_encoder import DomainBranch
from hico_mm.models.recognizers import MoCoRecognizer

Features = Mapping[str, Tensor]  # name -> (N, D) or (N, L, D), of a queue (K, D)


class PlainMoCoRecognizer(MoCoRecognizer):
    """``MoCoRecognizer`` whose step is written in the most direct way, but for the parts in ``changes``.

    It calls HiCo's S2S encoder once for each granularity and ISC's GRU once for each frame, updates the
    momentum encoder parameter by parameter, copies the queues, and computes the losses by PyTorch's
    operators alone, the rivals' from matrices of all logits and masks of the same size.
    """

    def __init__(self, method: str, changes: Sequence[str] = (), **kwargs) -> None:
        super().__init__(**kwargs)
        self.plain_contrast, self.changes = CONTRASTS[method], changes
        for module in self.modules():
            if isinstance(module, RecurrentEncoder) and module.variant == 'released':
                module.forward = partial(step_through, module)

    def loss(self, inputs: Tensor, data_samples: SampleList, **kwargs) -> dict[str, Tensor]:
        """Contrast the views of each sequence, (N, views, M, T, V, C)."""
        query = {}
        for prefix, view in zip(self.prefixes, inputs.unbind(1), strict=False):
            features = self._project(self.backbone, self.neck, view, prefix != '')
            query.update({prefix + name: feature for name, feature in features.items()})
        with torch.no_grad():
            self._update_momentum_encoder()
            key = self._project(**self.momentum_encoder, view=inputs[:, -1])
        with torch.autocast(inputs.device.type, enabled=False):
            losses = self._contrast(query, key)
        for name, queue in self.queues.items():
            queue.enqueue(key[name])
        return losses

    def _project(self, backbone: nn.Module, neck: nn.Module, view: Tensor,
                 drop: bool = False) -> dict[str, Tensor]:
        if 'granularities' in self.changes:
            return super()._project(backbone, neck, view)
        features = plain_features(backbone, view, drop)
        projected = {name: neck.layers[projector](features[name]).float()
                     for name, projector in neck.projector_of.items() if name in features}
        return ({name: F.normalize(feature, dim=-1) for name, feature in projected.items()}
                if self.normalize else projected)

    def _update_momentum_encoder(self) -> None:
        if 'momentum' in self.changes:
            super()._update_momentum_encoder()
            return
        for name, encoder in self.momentum_encoder.items():
            for key_parameter, parameter in zip(
                    encoder.parameters(), getattr(self, name).parameters(), strict=True):
                key_parameter.mul_(self.momentum).add_(parameter, alpha=1 - self.momentum)

    def _contrast(self, query: Features, key: Features) -> dict[str, Tensor]:
        # Copies, because the queues change in place before the backward pass.
        queues = {name: queue.features.clone() for name, queue in self.queues.items()}
        if 'contrast' in self.changes:
            return self.contrast(query, key, queues)
        losses = self.plain_contrast(query, key, queues, self.contrast.temperature)
        weights = getattr(self.contrast, 'weights', {})  # of HiCo's levels
        return {f'loss_{name}': weights.get(name, 1) * loss for name, loss in losses.items()}


def plain_features(backbone: nn.Module, view: Tensor, drop: bool) -> dict[str, Tensor]:
    """Encode a view (N, M, T, V, C), with AimCLR's drop module if there is one: name -> feature."""
    if isinstance(backbone, PooledGCN):
        maps = backbone.network(view)  # (N, M, D, T', V')
        kinds = dict(instance=maps)
        if drop:
            kinds['dropped'] = backbone.drop(maps.flatten(0, 1)).view_as(maps)
        return {name: kind.mean((3, 4)).mean(1) for name, kind in kinds.items()}
    if not isinstance(backbone, HiCoEncoder):
        return backbone(view)
    frames = view.permute(0, 2, 1, 3, 4).flatten(2)  # (N, T, M * V * C)
    joints = view.permute(0, 1, 3, 2, 4).flatten(3).flatten(1, 2)  # (N, M * V, T * C)
    clip = plain_encode(backbone.temporal, frames)  # (N, L, D)
    part = plain_encode(backbone.spatial, joints)  # (N, L, D)
    temporal, spatial = clip.flatten(1), part.flatten(1)  # (N, L * D)
    return dict(clip=clip, part=part, temporal=temporal, spatial=spatial,
                instance=torch.cat([temporal, spatial], dim=1))


def plain_encode(branch: DomainBranch, tokens: Tensor) -> Tensor:
    """Encode the tokens of one domain (N, S, channels), one granularity after the other: (N, L, D)."""
    x = branch.embedding(tokens)  # (N, S, D)
    features = [branch.s2s(x).amax(dim=1)]
    for _ in range(1, branch.num_granularities):
        x = branch.udm(x)
        features.append(branch.s2s(x).amax(dim=1))
    return torch.stack(features, dim=1)


def step_through(encoder: RecurrentEncoder, view: Tensor) -> dict[str, Tensor]:
    """Give ISC's bidirectional GRU one frame after the other and carry on the states of all layers."""
    width = encoder.hidden_channels // 2
    frames = view.transpose(1, 2).flatten(2)  # (N, T, M * V * C)
    gru = nn.GRU(frames.shape[2], width, len(encoder.layers), bidirectional=True, batch_first=True,
                 device='meta')
    for number, layer in enumerate(encoder.layers):
        for direction, suffix in zip(layer, ('', '_reverse'), strict=True):
            for name, weight in direction.named_parameters():  # the same, under the names of all layers
                setattr(gru, f'{name.removesuffix("0")}{number}{suffix}', weight)
    state = None
    for frame in frames.split(1, dim=1):
        output, state = gru(frame, state)
    return dict(instance=output[:, 0])


def levels(query: Features, key: Features, queue: Features, temperature: float) -> dict[str, Tensor]:
    """The losses of HiCo's four levels (Eq. 8 to 11), each a mean over the batch."""
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


def similarities(query: Tensor, key: Tensor, queue: Tensor) -> tuple[Tensor, Tensor]:
    """Compare queries (N, D) with their keys, (N, 1), and with a queue (K, D), (N, K)."""
    return torch.einsum('nd,nd->n', query, key)[:, None], torch.einsum('nd,kd->nk', query, queue)


def moco(query: Features, key: Features, queue: Features, temperature: float) -> dict[str, Tensor]:
    """Loss of SkeletonCLR and AS-CAL; of ISC, where each encoder meets the keys of the other."""
    losses = {}
    for name, other in zip(key, reversed(key), strict=True):
        logits = torch.cat(similarities(query[name], key[other], queue[other]), 1) / temperature
        losses[name] = F.cross_entropy(logits, torch.zeros_like(logits[:, 0], dtype=torch.long))
    return losses


def one_hot_nearest(similarity: Tensor) -> Tensor:
    """Mark the nearest neighbour in the queue, (N, K) -> (N, K)."""
    return torch.zeros_like(similarity).scatter_(1, similarity.topk(1).indices, 1)


def masked(log_probability: Tensor, mask: Tensor) -> Tensor:
    """Average over the positives and the batch."""
    return -((mask * log_probability).sum(1) / mask.sum(1)).mean()


def cross_view(query: Features, key: Features, queue: Features, temperature: float) -> dict[str, Tensor]:
    """Loss of CrosSCLR's second stage: each view with the neighbours of every other."""
    found = {name: similarities(query[name], key[name], queue[name]) for name in key}
    losses = dict.fromkeys(key, 0)
    for name, (positive, negative) in found.items():
        for _, similarity in (found[other] for other in key if other != name):
            logits = torch.cat([positive, negative, negative * similarity], 1) / temperature
            nearest = one_hot_nearest(similarity)
            mask = torch.cat([torch.ones_like(positive), nearest, nearest], 1)  # (N, 1 + 2 K)
            losses[name] = losses[name] + masked(logits.log_softmax(1), mask) / 2
    return losses


def mined(query: Features, key: Features, queue: Features, temperature: float) -> dict[str, Tensor]:
    """Loss of AimCLR's second stage."""
    names = ('instance', 'extreme.instance', 'extreme.dropped')
    logits = [torch.cat(similarities(query[name], key['instance'], queue['instance']), 1) / temperature
              for name in names]
    first, *further = (x.softmax(1) for x in logits)  # (N, 1 + K)
    mask = torch.cat([torch.ones_like(first[:, :1]),
                      sum(one_hot_nearest(x[:, 1:]) for x in logits).clamp(max=1)], 1)
    losses = [-(first.detach() * x.log()).sum(1).mean() / 2 for x in further]
    return dict(zip(names, [masked(first.log(), mask), *losses], strict=True))


CONTRASTS = dict(hico=levels, skeletonclr=moco, crossclr=cross_view, aimclr=mined, isc=moco,
                 ascal=moco)
