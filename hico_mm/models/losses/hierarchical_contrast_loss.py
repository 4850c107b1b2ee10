from collections.abc import Mapping

from mmaction.registry import MODELS
from torch import Tensor, nn

from .info_nce import info_nce

# Level of the contrast -> the projected features that it needs.
LEVELS = dict(
    instance=('instance', ), domain=('temporal', 'spatial'), clip=('clip', ), part=('part', ))


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

    def __init__(self,
                 temperature: float = 0.2,
                 weights: Mapping[str, float] | None = None) -> None:
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
        return [feature for level in self.weights for feature in LEVELS[level]]

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
            loss, accuracy = getattr(self, f'_{level}')(query, key, queue)
            results[f'loss_{level}'] = weight * loss
            results[f'acc_{level}'] = accuracy
        return results

    def _instance(self, query, key, queue) -> tuple[Tensor, Tensor]:  # Eq. 8
        return self._contrast(query['instance'], key['instance'][:, None], queue['instance'])

    def _domain(self, query, key, queue) -> tuple[Tensor, Tensor]:  # Eq. 9
        to_spatial, spatial_accuracy = self._contrast(
            query['temporal'], key['spatial'][:, None], queue['spatial'])
        to_temporal, temporal_accuracy = self._contrast(
            query['spatial'], key['temporal'][:, None], queue['temporal'])
        return to_spatial + to_temporal, (spatial_accuracy + temporal_accuracy) / 2

    def _clip(self, query, key, queue) -> tuple[Tensor, Tensor]:  # Eq. 10
        return self._contrast(query['clip'][:, 0], key['clip'], queue['clip'])

    def _part(self, query, key, queue) -> tuple[Tensor, Tensor]:  # Eq. 11
        return self._contrast(query['part'][:, 0], key['part'], queue['part'])

    def _contrast(self, anchor, positives, negatives) -> tuple[Tensor, Tensor]:
        return info_nce(anchor, positives, negatives, self.temperature)
