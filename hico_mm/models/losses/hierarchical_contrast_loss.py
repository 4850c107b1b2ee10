from collections.abc import Mapping

from mmaction.registry import MODELS

from .contrast import Contrast

# Level of the contrast -> the features that it compares: of the query, and of its keys.
LEVELS = dict(
    instance=[('instance', 'instance')],  # Eq. 8
    domain=[('temporal', 'spatial'), ('spatial', 'temporal')],  # Eq. 9
    clip=[('clip', 'clip')],  # Eq. 10
    part=[('part', 'part')])  # Eq. 11


@MODELS.register_module()
class HierarchicalContrastLoss(Contrast):
    """Hierarchical contrast at instance, domain, clip and part level (Section 3.2, Eq. 8 to 11).

    Args:
        temperature: tau of every level. Defaults to 0.2.
        weights: Level -> weight of its loss in the sum. A level left out has weight 1; weight 0
            switches it off, so that neither its loss nor its projector is computed (Table 4).
            Defaults to 1 for all four.
        stages: Level -> ``dict(begin=..., end=...)``, its first epoch and the one before which it ends.
            Defaults to the whole training for all four.

    Raises:
        ValueError: An unknown level, a negative weight, no level left (in some epoch), or a temperature
            that is not positive.
    """

    def __init__(self, temperature: float = 0.2, weights: Mapping[str, float] | None = None,
                 stages: Mapping[str, dict] | None = None) -> None:
        weights, stages = dict(weights or {}), dict(stages or {})
        unknown = sorted({*weights, *stages} - set(LEVELS))
        if unknown:
            raise ValueError(f'weights or stages have the unknown levels {unknown}; the levels of the '
                             f'contrast are {list(LEVELS)}.')
        weights = {level: weights.get(level, 1.0) for level in LEVELS}
        if not all(weight >= 0 for weight in weights.values()) or not any(weights.values()):
            raise ValueError(f'weights={weights}: none may be negative and one must be positive.')
        self.weights = {level: weight for level, weight in weights.items() if weight > 0}
        super().__init__([
            dict(type='InfoNCE', query=query, key=key, name=level, weight=weight,
                 **stages.get(level, {}))
            for level, weight in self.weights.items() for query, key in LEVELS[level]], temperature)
