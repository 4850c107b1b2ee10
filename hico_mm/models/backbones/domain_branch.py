import torch
from mmaction.registry import MODELS
from torch import Tensor, nn


class DomainBranch(nn.Module):
    """One domain of the hierarchical encoder: tokens in, one feature per granularity out.

    The temporal branch reads frames and yields clip-level features, the spatial branch reads joint
    trajectories and yields part-level features. One UDM and one S2S encoder serve all granularities.

    Args:
        in_channels: Values of one input token.
        channels: D, the number of channels.
        num_granularities: L.
        s2s: Config of the sequence-to-sequence encoder; ``channels`` is filled in.
        variant: ``'paper'`` or ``'released'`` (LayerNorm inside the embedding, other UDM).
        udm: Config of the downsampling module; ``channels`` and ``variant`` are filled in. Defaults to
            ``dict(type='UDM')``.

    Raises:
        KeyError: The S2S encoder is not registered.
    """

    def __init__(self, in_channels: int, channels: int, num_granularities: int, s2s: dict,
                 variant: str, udm: dict | None = None) -> None:
        super().__init__()
        s2s_type = s2s.get('type') if isinstance(s2s, dict) else None
        known = callable(s2s_type) or isinstance(s2s_type, str) and MODELS.get(s2s_type)
        if not known:
            ours = sorted(name for name in MODELS.module_dict if name.startswith('S2S'))
            raise KeyError(f's2s={s2s!r} names no registered S2S encoder. Write dict(type=...) with one '
                           f'of {ours}, or register your own with @MODELS.register_module().')
        self.num_granularities = num_granularities
        norm = [nn.LayerNorm(channels)] if variant == 'released' else []
        self.embedding = nn.Sequential(
            nn.Linear(in_channels, channels), *norm, nn.ReLU(), nn.Linear(channels, channels))
        if num_granularities > 1:  # with one, the parameters would never get a gradient
            self.udm = MODELS.build(
                {'type': 'UDM', **(udm or {}), 'channels': channels, 'variant': variant})
        self.s2s = MODELS.build(dict(s2s, channels=channels))

    def forward(self, tokens: Tensor) -> Tensor:
        """Encode the tokens of one domain at all granularities.

        Args:
            tokens: Frames or joint trajectories, (N, S, in_channels).

        Returns:
            Tensor: V^c or V^p, (N, L, D), from the finest granularity to the coarsest.
        """
        granularities = [self.embedding(tokens)]  # Eq. 1: (N, S, D)
        for _ in range(1, self.num_granularities):
            granularities.append(self.udm(granularities[-1]))  # Eq. 3: (N, S // 2, D)
        if _encodes_all_together(self.s2s):
            encoded = self.s2s.forward_granularities(granularities)
        else:
            encoded = [self.s2s(x) for x in granularities]
        features = [x.amax(dim=1) for x in encoded]  # Eq. 4: (N, D)
        return torch.stack(features, dim=1)  # Eq. 5: (N, L, D)


def _encodes_all_together(s2s: nn.Module) -> bool:
    """Whether an encoder has a ``forward_granularities`` that belongs to its ``forward``.

    A user's encoder need not have one, and a subclass with a ``forward`` of its own inherits one that
    knows nothing of it.
    """
    owner = next(kind for kind in type(s2s).__mro__ if 'forward' in vars(kind))
    return 'forward_granularities' in vars(owner)
