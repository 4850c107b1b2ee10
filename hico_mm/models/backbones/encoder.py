from abc import abstractmethod
from collections.abc import Mapping

from mmengine.model import BaseModule
from mmengine.runner.checkpoint import CheckpointLoader
from torch import Tensor, nn

from hico_mm.utils import check_fit, type_name
from hico_mm.utils.errors import check_positive


class Encoder(BaseModule):
    """What recognizers, heads and tasks expect of an encoder, apart from its layers.

    A subclass has ``feature_channels``, the channels of each feature by its name, and ``encode``, which
    does what ``forward`` says.
    """

    feature_channels: Mapping[str, int]
    frozen = False
    pretrains = False

    def __init__(self, num_joints: int, num_persons: int, num_frames: int, in_channels: int,
                 init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        # The axes of the input after N.
        self.input_sizes = dict(num_persons=num_persons, num_frames=num_frames,
                                num_joints=num_joints, in_channels=in_channels)
        check_positive(**self.input_sizes)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Encode skeleton sequences.

        Args:
            x: Skeletons, (N, M, T, V, C); a missing person is all zeros.

        Returns:
            dict[str, Tensor]: Features by name, ``instance`` (N, D) among them. Those that only a
            contrast needs may be missing outside of a pre-training, and in eval mode.

        Raises:
            ValueError: The sizes of the data are not those of the config.
        """
        self._check_input(x)
        return self.encode(x)

    @abstractmethod
    def encode(self, x: Tensor) -> dict[str, Tensor]:
        """Encode skeletons (N, M, T, V, C) of the right sizes."""

    def pretrain(self) -> None:
        """Give all features in training mode, and train what they come from."""
        self.pretrains = True

    def freeze(self) -> None:
        """Keep all weights so far for good: no gradients, and eval mode, which ``train()`` keeps."""
        self.requires_grad_(False)
        self.frozen = True
        self.eval()

    def train(self, mode: bool = True) -> 'Encoder':
        """Switch to training mode, except when frozen."""
        return super().train(mode and not self.frozen)

    def init_weights(self) -> None:
        """Initialise by ``init_cfg``, refusing a checkpoint that does not fit."""
        # MMEngine only logs missing keys and other shapes, and goes on from random weights. A linear
        # probe would measure those.
        configs = self.init_cfg if isinstance(self.init_cfg, list) else [self.init_cfg or {}]
        for config in configs:
            if type_name(config) in ('Pretrained', 'PretrainedInit'):
                source = config['checkpoint']
                checkpoint = CheckpointLoader.load_checkpoint(source, 'cpu')
                check_fit(self.state_dict(), checkpoint.get('state_dict', checkpoint),
                          config.get('prefix') or '', source)
        super().init_weights()

    def _check_input(self, x: Tensor) -> None:
        name = type(self).__name__
        if x.dim() != 5:
            raise ValueError(f'{name} expects (N, M, T, V, C), but got {tuple(x.shape)} with '
                             f'{x.dim()} axes. End the pipeline with FormatGCNInput.')
        wrong = [f'{axis}={expected} but the data have {got}'
                 for (axis, expected), got in zip(self.input_sizes.items(), x.shape[1:], strict=True)
                 if expected != got]
        if wrong:
            raise ValueError(f'The input (N, M, T, V, C) = {tuple(x.shape)} does not fit {name}: '
                             f"{'; '.join(wrong)}. Change the config or the pipeline.")


def channels_of(encoder: nn.Module) -> Mapping[str, int]:
    """Channels of each feature of an encoder, or a ValueError where it does not tell them."""
    channels = getattr(encoder, 'feature_channels', None)
    if channels is None:
        name = type(encoder).__name__
        raise ValueError(f'{name} does not say which features it has. Take an encoder that has '
                         'feature_channels, such as HiCoEncoder, or put a network of MMAction2 into '
                         f"one: dict(type='PooledGCN', network=dict(type='{name}', ...)).")
    return channels
