from mmaction.registry import MODELS
from torch import Tensor

from .encoder import Encoder


@MODELS.register_module()
class Coordinates(Encoder):
    """The coordinates themselves as the instance feature, without weights: a yardstick for encoders.

    Args:
        num_joints: V of the input.
        num_persons: M of the input.
        num_frames: T of the input.
        in_channels: C of the input. Defaults to 3.
        frozen: Stay in eval mode, as encoders do for linear probing. Defaults to False.
        init_cfg: As in MMEngine.
    """

    hidden_channels = None  # of projectors: each is as wide as its feature

    def __init__(self, num_joints: int, num_persons: int, num_frames: int, in_channels: int = 3,
                 frozen: bool = False, init_cfg: dict | None = None) -> None:
        super().__init__(num_joints, num_persons, num_frames, in_channels, init_cfg)
        self.feature_channels = dict(instance=num_persons * num_frames * num_joints * in_channels)
        if frozen:
            self.freeze()

    def encode(self, x: Tensor) -> dict[str, Tensor]:
        """Flatten to ``instance`` (N, M * T * V * C)."""
        return dict(instance=x.flatten(1))
