from collections.abc import Mapping

import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from torch import Tensor, nn

# Level of the contrast -> the features that it compares: of the query, and of its keys.
LEVELS = dict(
    instance=[('instance', 'instance')],  # Eq. 8
    domain=[('temporal', 'spatial'), ('spatial', 'temporal')],  # Eq. 9
    clip=[('clip', 'clip')],  # Eq. 10
    part=[('part', 'part')])  # Eq. 11


@MODELS.register_module()
class HierarchicalContrastLoss(nn.Module):
    """Hierarchical contrast at instance, domain, clip and part level (Section 3.2, Eq. 8 to 11).

    Args:
        temperature: tau of every level. Defaults to 0.2.
        weights: Level -> weight of its loss in the sum. A level left out has weight 1; weight 0
            switches it off, so that neither its loss nor its projector is computed (Table 4).
            Defaults to 1 for all four.

    Raises:
        ValueError: An unknown level, a negative weight, no level left, or a temperature that is not
            positive.
    """

    def __init__(self, temperature: float = 0.2, weights: Mapping[str, float] | None = None) -> None:
        super().__init__()
        weights = dict(weights or {})
        unknown = sorted(set(weights) - set(LEVELS))
        if unknown:
            raise ValueError(f'weights has the unknown levels {unknown}; the levels of the contrast '
                             f'are {list(LEVELS)}.')
        weights = {level: weights.get(level, 1.0) for level in LEVELS}
        if not all(weight >= 0 for weight in weights.values()) or not any(weights.values()):
            raise ValueError(f'weights={weights}: none may be negative and one must be positive.')
        if temperature <= 0:
            raise ValueError(f'temperature={temperature} must be positive.')
        self.temperature = temperature
        self.weights = {level: weight for level, weight in weights.items() if weight > 0}

    @property
    def features(self) -> list[str]:
        """Names of the projected features that the levels in use need."""
        return [feature for level in self.weights for feature, _ in LEVELS[level]]

    def forward(self, query: Mapping[str, Tensor], key: Mapping[str, Tensor],
                queue: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Contrast a batch with its other view and with the queues.

        Args:
            query: Feature name -> projected and normalised query, (N, D) or (N, L, D).
            key: The same of the key encoder.
            queue: Feature name -> earlier keys, (K, D) or (K * L, D).

        Returns:
            dict[str, Tensor]: Scalars ``loss_LEVEL`` (weighted; their sum is L_total) and
            ``acc_LEVEL`` (contrastive accuracy) of every level in use.
        """
        results = {}
        for level, weight in self.weights.items():
            losses, accuracies = zip(*(
                self._contrast(query[feature], key[other], queue[other])
                for feature, other in LEVELS[level]), strict=True)
            results[f'loss_{level}'] = weight * sum(losses)
            results[f'acc_{level}'] = sum(accuracies) / len(accuracies)
        return results

    def _contrast(self, query: Tensor, key: Tensor, queue: Tensor) -> tuple[Tensor, Tensor]:
        if query.dim() == 3:  # the finest clip or part against the keys of all granularities
            return info_nce(query[:, 0], key, queue, self.temperature)
        return info_nce(query, key[:, None], queue, self.temperature)


def info_nce(query: Tensor, positives: Tensor, negatives: Tensor,
             temperature: float) -> tuple[Tensor, Tensor]:
    """InfoNCE with one or more positives per query (Eq. 8 with P = 1, Eq. 10 with P = L).

    Args:
        query: Anchors, unit length, (N, D).
        positives: Keys of the same instance, unit length, (N, P, D).
        negatives: Keys of the queue, unit length, (K, D).
        temperature: tau.

    Returns:
        tuple[Tensor, Tensor]: The loss, averaged over the batch, and the contrastive accuracy: the
        share of anchors with a positive more similar than every negative. Both are scalars.
    """
    query = query / temperature
    positive = torch.einsum('nd,npd->np', query, positives)  # (N, P)
    negative = query @ negatives.T  # (N, K)
    # -log(sum_pos / (sum_pos + sum_neg)) = log(1 + sum_neg / sum_pos), in log space.
    loss = F.softplus(negative.logsumexp(1) - positive.logsumexp(1))  # (N, )
    accuracy = (positive.amax(1) > negative.amax(1)).float().mean()
    return loss.mean(), accuracy
