from collections.abc import Mapping

from mmaction.registry import MODELS
from mmengine.model import BaseModule
from torch import Tensor, nn


@MODELS.register_module()
class Projectors(BaseModule):
    """A two-layer perceptron for each kind of feature, before the contrast (Section 3.2).

    Args:
        in_channels: Feature name -> its channels; one projector is made for each.
        hidden_channels: Width of the hidden layer. Defaults to 512.
        out_channels: Channels of a projected feature. Defaults to 128.
        init_cfg: As in MMEngine. Without it: Xavier-uniform on every weight.
    """

    def __init__(self, in_channels: Mapping[str, int], hidden_channels: int = 512,
                 out_channels: int = 128, init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        self.out_channels = out_channels
        self.layers = nn.ModuleDict({
            name: nn.Sequential(
                nn.Linear(channels, hidden_channels), nn.ReLU(),
                nn.Linear(hidden_channels, out_channels))
            for name, channels in in_channels.items()})
        for parameter in self.parameters():
            if parameter.dim() == 2:
                nn.init.xavier_uniform_(parameter)

    def forward(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Project features by name.

        Args:
            features: Feature name -> (N, in_channels) or (N, L, in_channels); others are ignored.

        Returns:
            dict[str, Tensor]: Feature name -> (N, out_channels) or (N, L, out_channels).
        """
        return {name: layer(features[name]) for name, layer in self.layers.items()}
