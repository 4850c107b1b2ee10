from collections.abc import Sequence

import torch
from mmaction.registry import MODELS
from torch import Tensor, nn

from hico_mm.utils.errors import check_positive, check_variant

from ..common.s2s import S2SEncoder
from .encoder import Encoder

# Branch -> its features of one granularity each. In the paper's order.
BRANCHES = dict(temporal='clip', spatial='part')


@MODELS.register_module()
class HiCoEncoder(Encoder):
    """Hierarchical encoder of HiCo (Section 3.1, Eq. 1 to 7).

    Takes what MMAction2's GCN backbones take, (N, M, T, V, C), and returns the features of all levels
    by the paper's names. Weights given by ``init_cfg=dict(type='Pretrained', ...)`` must fit.

    Args:
        num_joints: V. Defaults to 25.
        num_persons: M. Defaults to 2.
        num_frames: T. Defaults to 64.
        in_channels: C, coordinates of a joint. Defaults to 3.
        hidden_channels: D, channels of every feature of one granularity. Defaults to 512.
        num_granularities: L. Defaults to 4.
        branches: ``'temporal'``, ``'spatial'`` or both (Table 3). Defaults to both.
        s2s: Config of the sequence-to-sequence encoder: ``S2STransformer``, ``S2SGRU``, ``S2SLSTM``
            or one of your own, which maps (N, S, D) to (N, S, D). Its ``channels`` are filled in.
            Defaults to ``dict(type='S2STransformer')``.
        udm: Config of the downsampling module (Eq. 2). Its ``channels`` and ``variant`` are filled in.
            Defaults to ``dict(type='UDM', kernel_size=5, pool_size=2)``.
        variant: ``'paper'`` follows the equations; ``'released'`` the authors' code, which has
            a LayerNorm in the embeddings and another UDM. Defaults to ``'paper'``.
        frozen: Keep the weights and stay in eval mode, as for linear probing. Defaults to False.
        init_cfg: As in MMEngine. Without it: Xavier-uniform on every 2-D weight.

    Raises:
        ValueError: An unknown branch or variant, a size below 1, more granularities than the tokens
            allow, or (on ``init_weights``) a checkpoint that does not fit.
        KeyError: The S2S encoder is not registered.
    """

    def __init__(self,
                 num_joints: int = 25,
                 num_persons: int = 2,
                 num_frames: int = 64,
                 in_channels: int = 3,
                 hidden_channels: int = 512,
                 num_granularities: int = 4,
                 branches: str | Sequence[str] = tuple(BRANCHES),
                 s2s: dict | None = None,
                 udm: dict | None = None,
                 variant: str = 'paper',
                 frozen: bool = False,
                 init_cfg: dict | None = None) -> None:
        super().__init__(num_joints, num_persons, num_frames, in_channels, init_cfg)
        check_positive(hidden_channels=hidden_channels, num_granularities=num_granularities)
        given = {branches} if isinstance(branches, str) else set(branches)
        if not given or not given <= set(BRANCHES):
            raise ValueError(f'branches={branches!r} is unknown. Name one or both of {tuple(BRANCHES)}.')
        self.branches = tuple(branch for branch in BRANCHES if branch in given)
        self.hidden_channels = hidden_channels
        self.num_granularities = num_granularities
        self.variant = check_variant(variant)

        pose = num_persons * num_joints
        tokens = dict(temporal=num_frames, spatial=pose)
        token_channels = dict(temporal=pose * in_channels, spatial=num_frames * in_channels)
        pool_size = (udm or {}).get('pool_size', 2)
        for branch in self.branches:
            if tokens[branch] < pool_size**(num_granularities - 1):
                raise ValueError(
                    f'num_granularities={num_granularities} is too many for the {branch} branch: its '
                    f'{tokens[branch]} tokens cannot be pooled by {pool_size} '
                    f'{num_granularities - 1} times. Use fewer.')
            self.add_module(branch, DomainBranch(
                token_channels[branch], hidden_channels, num_granularities, variant,
                s2s or dict(type='S2STransformer'), udm or {}))
        for parameter in self.parameters():
            if parameter.dim() == 2:
                nn.init.xavier_uniform_(parameter)
        if frozen:
            self.freeze()

    @property
    def feature_channels(self) -> dict[str, int]:
        """Channels of each feature by its name."""
        domain = self.num_granularities * self.hidden_channels
        channels = dict(instance=len(self.branches) * domain)
        for branch in self.branches:
            channels[branch] = domain
            channels[BRANCHES[branch]] = self.hidden_channels
        return channels

    def encode(self, x: Tensor) -> dict[str, Tensor]:
        """Encode to ``clip``, ``part`` (N, L, D), ``temporal``, ``spatial`` (N, L * D) and ``instance``.

        The last is (N, 2 * L * D). With one branch, the features of the other are left out and
        ``instance`` is the domain's feature.
        """
        features = {}
        if 'temporal' in self.branches:
            frames = x.transpose(1, 2).flatten(2)  # time-major: (N, T, M * V * C)
            features['clip'] = self.temporal(frames)  # (N, L, D)
            features['temporal'] = features['clip'].flatten(1)  # Eq. 6: (N, L * D)
        if 'spatial' in self.branches:
            joints = x.transpose(2, 3).flatten(3).flatten(1, 2)  # space-major: (N, M * V, T * C)
            features['part'] = self.spatial(joints)  # (N, L, D)
            features['spatial'] = features['part'].flatten(1)  # Eq. 6: (N, L * D)
        features['instance'] = torch.cat(
            [features[branch] for branch in self.branches], dim=1)  # Eq. 7: (N, 2 * L * D)
        return features


class DomainBranch(nn.Module):
    """One branch of the encoder: tokens in, one feature per granularity out.

    The temporal branch reads frames and yields clip-level features. The spatial branch reads joint
    trajectories and yields part-level features. One UDM and one S2S encoder serve all granularities.
    """

    def __init__(self, in_channels: int, channels: int, num_granularities: int, variant: str,
                 s2s: dict, udm: dict) -> None:
        super().__init__()
        self.num_granularities = num_granularities
        norm = [nn.LayerNorm(channels)] if variant == 'released' else []
        self.embedding = nn.Sequential(
            nn.Linear(in_channels, channels), *norm, nn.ReLU(), nn.Linear(channels, channels))
        if num_granularities > 1:  # with one, the parameters would never get a gradient
            self.udm = MODELS.build({'type': 'UDM', **udm, 'channels': channels, 'variant': variant})
        self.s2s = _build_s2s(s2s, channels)

    def forward(self, tokens: Tensor) -> Tensor:
        """Encode frames or joint trajectories (N, S, C): V^c or V^p, (N, L, D), from fine to coarse."""
        granularities = [self.embedding(tokens)]  # Eq. 1: (N, S, D)
        for _ in range(1, self.num_granularities):
            granularities.append(self.udm(granularities[-1]))  # Eq. 3: (N, S // 2, D)
        if isinstance(self.s2s, S2SEncoder):
            encoded = self.s2s.forward_granularities(granularities)
        else:  # any other module
            encoded = [self.s2s(x) for x in granularities]
        features = [x.amax(dim=1) for x in encoded]  # Eq. 4: (N, D)
        return torch.stack(features, dim=1)  # Eq. 5: (N, L, D)


def _build_s2s(config: dict, channels: int) -> nn.Module:
    """Build an S2S encoder, or raise a KeyError that names those there are."""
    kind = config.get('type') if isinstance(config, dict) else None
    if not (callable(kind) or isinstance(kind, str) and MODELS.get(kind)):
        ours = sorted(name for name in MODELS.module_dict if name.startswith('S2S'))
        raise KeyError(f's2s={config!r} names no registered S2S encoder. Write dict(type=...) with one '
                       f'of {ours}, or register your own with @MODELS.register_module().')
    return MODELS.build(dict(config, channels=channels))
