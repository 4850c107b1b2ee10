import torch
from mmaction.registry import MODELS
from torch import Tensor

from .encoder import Encoder


@MODELS.register_module()
class PooledGCN(Encoder):
    """A skeleton network of MMAction2, such as ``STGCN`` or ``AAGCN``, as an encoder.

    Its feature maps are averaged over frames and joints, then over persons, as by MMAction2's
    ``GCNHead``. Its weights have the names that the network alone gives them. So a checkpoint of
    ``RecognizerGCN`` with the network itself fits a recognizer with ``PooledGCN``, and the other way
    round.

    Args:
        network: Config of the network, which maps (N, M, T, V, C) to (N, M, D, T', V').
        num_joints: V. Defaults to 25.
        num_persons: M. Defaults to 2.
        num_frames: T. Defaults to 64.
        in_channels: C, coordinates of a joint. Defaults to 3.
        drop: Config of a module that drops parts of the feature maps, such as ``AttentionDrop``, for the
            feature ``dropped``. Defaults to None: there is none.
        frozen: Keep the weights and stay in eval mode, as for linear probing. Defaults to False.
        init_cfg: As in MMEngine.

    Raises:
        ValueError: A size below 1, a network that cannot take inputs of these sizes or gives no such
            feature maps, or (on ``init_weights``) a checkpoint that does not fit.
    """

    def __init__(self, network: dict, num_joints: int = 25, num_persons: int = 2,
                 num_frames: int = 64, in_channels: int = 3, drop: dict | None = None,
                 frozen: bool = False, init_cfg: dict | None = None) -> None:
        super().__init__(num_joints, num_persons, num_frames, in_channels, init_cfg)
        self.network = MODELS.build(network)
        self._register_state_dict_hook(_without_wrapper)  # its public name is of torch 2.5
        self.hidden_channels = self._output_channels()
        self.feature_channels = dict(instance=self.hidden_channels)
        self.drop = None
        if drop is not None:
            self.drop = MODELS.build(drop)
            self.feature_channels['dropped'] = self.hidden_channels
        if frozen:
            self.freeze()

    def encode(self, x: Tensor) -> dict[str, Tensor]:
        """Encode to ``instance`` and, in a pre-training with a ``drop``, ``dropped``, (N, D) each."""
        maps = self.network(x)  # (N, M, D, T', V')
        features = dict(instance=maps.mean((1, 3, 4)))  # (N, D)
        if self.drop is not None and self.training and self.pretrains:
            dropped = self.drop(maps.flatten(0, 1)).view_as(maps)
            features['dropped'] = dropped.mean((1, 3, 4))  # (N, D)
        return features

    @torch.no_grad()
    def _output_channels(self) -> int:
        """Run the network once: MMAction2's do not say how many channels they give."""
        name, shape = type(self.network).__name__, (1, *self.input_sizes.values())
        device = next(self.network.parameters()).device
        try:
            output = self.network.eval()(torch.zeros(shape, device=device))
        except RuntimeError as error:
            raise ValueError(
                f'{name} cannot take an input (N, M, T, V, C) = {shape}: {error}. Let graph_cfg.layout '
                'and in_channels of the network agree with num_joints and in_channels of PooledGCN.'
            ) from error
        self.network.train()
        if not isinstance(output, Tensor) or output.dim() != 5:
            got = tuple(output.shape) if isinstance(output, Tensor) else type(output).__name__
            raise ValueError(f"PooledGCN pools feature maps (N, M, D, T', V'), but {name} gives {got}. "
                             'Name a network that MMAction2 has for skeletons, such as STGCN.')
        return output.shape[2]

    def _load_from_state_dict(self, state_dict, prefix, *args, **kwargs) -> None:
        """Take weights by the names that the network alone gives them."""
        for name in [name for name in state_dict if name.startswith(prefix)]:
            state_dict[f'{prefix}network.{name.removeprefix(prefix)}'] = state_dict.pop(name)
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)


def _without_wrapper(module: PooledGCN, state_dict: dict, prefix: str, _: dict) -> None:
    """Name weights as the network alone does, in place."""
    inner = f'{prefix}network.'
    for name in [name for name in state_dict if name.startswith(inner)]:
        state_dict[prefix + name.removeprefix(inner)] = state_dict.pop(name)
