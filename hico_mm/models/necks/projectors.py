from collections.abc import Mapping

from mmaction.registry import MODELS
from mmengine.model import BaseModule
from torch import Tensor, nn

from hico_mm.utils.errors import check_variant


@MODELS.register_module()
class Projectors(BaseModule):
    """A two-layer perceptron for each kind of feature, before the contrast (Section 3.2).

    Args:
        in_channels: Feature name -> its channels; one projector is made for each.
        hidden_channels: Width of the hidden layer; None for that of the feature. Defaults to 512.
        out_channels: Channels of a projected feature; None for no projector. Defaults to 128.
        shared: Feature name -> the feature whose projector it takes. Defaults to none.
        variant: ``'paper'``: each feature has a projector of its own. ``'released'``: as in CrosSCLR's
            code, all but the first have one layer of their own, and then the projector of the first.
            Defaults to ``'paper'``.
        init_cfg: As in MMEngine. Without it: Xavier-uniform on every weight.

    Raises:
        ValueError: The variant is unknown, or ``shared`` names a feature that has no projector.
    """

    def __init__(self, in_channels: Mapping[str, int], hidden_channels: int | None = 512,
                 out_channels: int | None = 128, shared: Mapping[str, str] | None = None,
                 variant: str = 'paper', init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        check_variant(variant)
        shared = dict(shared or {})
        own = [name for name in in_channels if name not in shared]
        if not set(shared.values()) <= set(own):
            raise ValueError(f'shared={shared}: expected features with a projector of their own, of '
                             f'{own}.')
        self.out_channels = out_channels
        layers, first = {}, None
        for name in own:
            channels = in_channels[name]
            if out_channels is None:
                layers[name] = nn.Identity()
            elif variant == 'released' and first is not None:
                layers[name] = nn.Sequential(nn.Linear(channels, channels), nn.ReLU(), first)
            else:
                hidden = hidden_channels or channels
                layers[name] = nn.Sequential(
                    nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, out_channels))
            first = first or layers[name]
        self.layers = nn.ModuleDict(layers)
        # Feature name -> the name of its projector.
        self.projector_of = {name: shared.get(name, name) for name in in_channels}
        for parameter in self.parameters():
            if parameter.dim() == 2:
                nn.init.xavier_uniform_(parameter)

    def forward(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Project features by name.

        Args:
            features: Feature name -> (N, in_channels) or (N, L, in_channels); others are ignored.

        Returns:
            dict[str, Tensor]: Feature name -> (N, out_channels) or (N, L, out_channels), of those given.
        """
        return {name: self.layers[projector](features[name])
                for name, projector in self.projector_of.items() if name in features}
