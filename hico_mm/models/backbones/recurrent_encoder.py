from contextlib import nullcontext

import torch
from mmaction.registry import MODELS
from torch import Tensor, nn

from hico_mm.utils.errors import check_positive, check_variant

from .encoder import Encoder

CELLS = dict(GRU=nn.GRU, LSTM=nn.LSTM)
POOLINGS = ('last', 'mean')


@MODELS.register_module()
class RecurrentEncoder(Encoder):
    """A recurrent network over the frames of a sequence, whose joints are one vector.

    The sequence encoder of ISC (Thoker et al., ACM MM 2021, "Skeleton-Contrastive 3D Action
    Representation Learning") is a bidirectional GRU of three layers, that of AS-CAL (Rao et al.,
    Information Sciences 2021, "Augmented Skeleton Based Contrastive Action Learning with Momentum LSTM")
    one LSTM, averaged over the frames.

    Args:
        num_joints: V. Defaults to 25.
        num_persons: M. Defaults to 2.
        num_frames: T. Defaults to 64.
        in_channels: C, coordinates of a joint. Defaults to 3.
        hidden_channels: Channels of each direction. Defaults to 1024.
        num_layers: Defaults to 3.
        cell: ``'GRU'`` or ``'LSTM'``. Defaults to 'GRU'.
        bidirectional: Whether there is a second direction. Defaults to True.
        pooling: ``'last'`` takes the last state of each direction, ``'mean'`` the mean over the frames.
            Defaults to 'last'.
        variant: ``'paper'``: the second direction reads the frames from the last to the first.
            ``'released'``: as in ISC's code, both read them forward. Defaults to 'paper'.
        xavier: Whether 2-D weights start Xavier-uniform, as ISC's, or as PyTorch has them, as AS-CAL's.
            Defaults to True.
        frozen: Keep the weights and stay in eval mode, as for linear probing. Defaults to False.
        init_cfg: As in MMEngine.

    Raises:
        ValueError: A size below 1, or an unknown cell, pooling or variant.
    """

    def __init__(self, num_joints: int = 25, num_persons: int = 2, num_frames: int = 64,
                 in_channels: int = 3, hidden_channels: int = 1024, num_layers: int = 3,
                 cell: str = 'GRU', bidirectional: bool = True, pooling: str = 'last',
                 variant: str = 'paper', xavier: bool = True, frozen: bool = False,
                 init_cfg: dict | None = None) -> None:
        super().__init__(num_joints, num_persons, num_frames, in_channels, init_cfg)
        check_positive(hidden_channels=hidden_channels, num_layers=num_layers)
        if cell not in CELLS or pooling not in POOLINGS:
            raise ValueError(f'cell={cell!r} and pooling={pooling!r}, but one of {tuple(CELLS)} and one '
                             f'of {POOLINGS} are expected.')
        self.pooling, self.variant = pooling, check_variant(variant)
        directions = 2 if bidirectional else 1
        self.hidden_channels = directions * hidden_channels
        self.feature_channels = dict(instance=self.hidden_channels)
        widths = [num_persons * num_joints * in_channels, *[self.hidden_channels] * (num_layers - 1)]
        self.layers = nn.ModuleList(
            nn.ModuleList(CELLS[cell](width, hidden_channels, batch_first=True)
                          for _ in range(directions)) for width in widths)
        for parameter in self.parameters():
            if xavier and parameter.dim() == 2:
                nn.init.xavier_uniform_(parameter)
        if frozen:
            self.freeze()

    def encode(self, x: Tensor) -> dict[str, Tensor]:
        """Encode to ``instance`` (N, D)."""
        x = x.transpose(1, 2).flatten(2)  # (N, T, M * V * C)
        # Some CPUs have no LSTM in bfloat16.
        with torch.autocast('cpu', enabled=False) if x.device.type == 'cpu' else nullcontext():
            for layer in self.layers:
                states = [direction(x)[0] for direction in layer[:1]]
                for backward in layer[1:]:
                    if self.variant == 'released':
                        states.append(backward(x)[0])
                    else:
                        states.append(backward(x.flip(1))[0].flip(1))
                x = torch.cat(states, 2)  # (N, T, D)
        if self.pooling == 'mean':
            return dict(instance=x.mean(1))
        ends = [0 if number and self.variant != 'released' else -1 for number in range(len(states))]
        last = [state[:, end] for state, end in zip(states, ends, strict=True)]
        return dict(instance=torch.cat(last, 1))
