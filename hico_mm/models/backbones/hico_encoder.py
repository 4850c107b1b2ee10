from collections.abc import Sequence

import torch
from mmaction.registry import MODELS
from torch import Tensor, nn

from ..common.variant import check_variant
from .domain_branch import DomainBranch
from .encoder import Encoder, check_positive

BRANCHES = ('temporal', 'spatial')
# Branch -> level of its features of one granularity.
LEVELS = dict(temporal='clip', spatial='part')


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
            or one of your own, which maps (N, S, D) to (N, S, D). Defaults to
            ``dict(type='S2STransformer')``.
        udm: Config of the downsampling module (Eq. 2). Defaults to
            ``dict(type='UDM', kernel_size=5, pool_size=2)``.
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
                 branches: str | Sequence[str] = BRANCHES,
                 s2s: dict | None = None,
                 udm: dict | None = None,
                 variant: str = 'paper',
                 frozen: bool = False,
                 init_cfg: dict | None = None) -> None:
        super().__init__(num_joints, num_persons, num_frames, in_channels, frozen, init_cfg)
        check_positive(hidden_channels=hidden_channels, num_granularities=num_granularities)
        self.branches = _check_branches(branches)
        self.hidden_channels = hidden_channels
        self.num_granularities = num_granularities
        self.variant = check_variant(variant)

        pose = num_persons * num_joints
        tokens = dict(temporal=num_frames, spatial=pose)
        token_channels = dict(temporal=pose * in_channels, spatial=num_frames * in_channels)
        s2s = s2s or dict(type='S2STransformer')
        pool_size = (udm or {}).get('pool_size', 2)
        for branch in self.branches:
            if tokens[branch] < pool_size**(num_granularities - 1):
                raise ValueError(
                    f'num_granularities={num_granularities} is too many for the {branch} branch: its '
                    f'{tokens[branch]} tokens cannot be pooled by {pool_size} '
                    f'{num_granularities - 1} times. Use fewer.')
            self.add_module(branch, DomainBranch(
                token_channels[branch], hidden_channels, num_granularities, s2s, variant, udm))
        for parameter in self.parameters():
            if parameter.dim() == 2:
                nn.init.xavier_uniform_(parameter)
        if frozen:
            self.requires_grad_(False)

    @property
    def feature_channels(self) -> dict[str, int]:
        """Channels of each feature by its name."""
        domain = self.num_granularities * self.hidden_channels
        channels = dict(instance=len(self.branches) * domain)
        for branch in self.branches:
            channels[branch] = domain
            channels[LEVELS[branch]] = self.hidden_channels
        return channels

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Encode skeleton sequences.

        Args:
            x: Skeletons, (N, M, T, V, C); a missing person is all zeros.

        Returns:
            dict[str, Tensor]: ``clip`` and ``part`` (N, L, D), ``temporal`` and ``spatial``
            (N, L * D), ``instance`` (N, 2 * L * D). With one branch, the features of the other are
            left out and ``instance`` is the domain's feature.

        Raises:
            ValueError: The sizes of the data are not those of the config.
        """
        self._check_input(x)
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


def _check_branches(branches: str | Sequence[str]) -> tuple[str, ...]:
    """Return the branches in the paper's order, or raise a ValueError."""
    given = {branches} if isinstance(branches, str) else set(branches)
    if not given or not given <= set(BRANCHES):
        raise ValueError(f'branches={branches!r} is unknown. Name one or both of {BRANCHES}.')
    return tuple(branch for branch in BRANCHES if branch in given)
