import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from torch import Tensor, nn

from hico_mm.utils.errors import check_positive

from .encoder import Encoder


@MODELS.register_module()
class HCN(Encoder):
    """Hierarchical co-occurrence network, the image encoder of ISC.

    Li et al., IJCAI 2018, "Co-occurrence Feature Learning from Skeleton Data for Action Recognition and
    Detection with Hierarchical Aggregation", as ISC has it: without the fully connected layer.

    Args:
        num_joints: V. Defaults to 25.
        num_persons: M. Defaults to 2.
        num_frames: T, a multiple of 16. Defaults to 64.
        in_channels: C, coordinates of a joint. Defaults to 3.
        base_channels: Channels of the first convolution. Defaults to 64.
        dropout: Probability that a channel is dropped in training. Defaults to 0.5.
        frozen: Keep the weights and stay in eval mode, as for linear probing. Defaults to False.
        init_cfg: As in MMEngine. Without it: Xavier-uniform weights, biases zero.

    Raises:
        ValueError: A size below 1, or T is no multiple of 16.
    """

    def __init__(self, num_joints: int = 25, num_persons: int = 2, num_frames: int = 64,
                 in_channels: int = 3, base_channels: int = 64, dropout: float = 0.5,
                 frozen: bool = False, init_cfg: dict | None = None) -> None:
        super().__init__(num_joints, num_persons, num_frames, in_channels, init_cfg)
        check_positive(base_channels=base_channels)
        if num_frames % 16:
            raise ValueError(f'num_frames={num_frames} of HCN must be a multiple of 16, since four '
                             'poolings halve it.')
        width = base_channels
        self.streams = nn.ModuleDict({name: nn.Sequential(
            nn.Conv2d(in_channels, width, 1), nn.ReLU(),
            nn.Conv2d(width, num_frames, (3, 1), padding=(1, 0)),
            _JointsAsChannels(),  # (N * M, V, T, T)
            nn.Conv2d(num_joints, width // 2, 3, padding=1), nn.MaxPool2d(2),
            nn.Conv2d(width // 2, width, 3, padding=1), nn.Dropout2d(dropout), nn.MaxPool2d(2))
            for name in ('joint', 'motion')})
        self.merged = nn.Sequential(*(
            layer for channels in (2 * width, 4 * width) for layer in (
                nn.Conv2d(2 * width, channels, 3, padding=1), nn.ReLU(), nn.Dropout2d(dropout),
                nn.MaxPool2d(2))))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)
        self.hidden_channels = 4 * width * (num_frames // 16)**2
        self.feature_channels = dict(instance=self.hidden_channels)
        if frozen:
            self.freeze()

    def encode(self, x: Tensor) -> dict[str, Tensor]:
        """Encode to ``instance`` (N, D), the maximum over the persons."""
        joint = x.flatten(0, 1).permute(0, 3, 1, 2)  # (N * M, C, T, V)
        steps = joint[:, :, 1:] - joint[:, :, :-1]  # ONNX does not know Tensor.diff
        motion = F.interpolate(steps, size=joint.shape[2:], mode='bilinear')
        maps = torch.cat([self.streams['joint'](joint), self.streams['motion'](motion)], 1)
        feature = self.merged(maps).unflatten(0, x.shape[:2])  # (N, M, D', T', T')
        return dict(instance=feature.amax(1).flatten(1))


class _JointsAsChannels(nn.Module):
    """(N, D, T, V) -> (N, V, T, D)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.transpose(1, 3)
