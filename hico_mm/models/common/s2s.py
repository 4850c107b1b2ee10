"""Sequence-to-sequence encoders (Eq. 4): modules that map tokens (N, S, D) to tokens (N, S, D).

To use an encoder of your own, register it and name it in ``HiCoEncoder(s2s=dict(type=...))``. It is
built with the argument ``channels`` and whatever the config adds. Any ``nn.Module`` will do. One that
can encode several granularities faster at once inherits from ``S2SEncoder`` and overrides
``forward_granularities``.
"""
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from torch import Tensor, nn


class S2SEncoder(nn.Module):
    """Base class of sequence-to-sequence encoders, whose ``forward`` maps (N, S, D) to (N, S, D)."""

    def forward_granularities(self, granularities: Sequence[Tensor]) -> list[Tensor]:
        """Encode all granularities of a batch; by default one after another.

        Args:
            granularities: Tokens of each granularity, (N, S, D), where S differs.

        Returns:
            list[Tensor]: What ``forward`` makes of each, (N, S, D).
        """
        return [self(x) for x in granularities]


class _BidirectionalRNN(S2SEncoder):
    """A recurrent network whose two directions yield half of the D channels each."""

    rnn_class: type[nn.GRU] | type[nn.LSTM]

    def __init__(self, channels: int, num_layers: int = 1, dropout: float = 0.0) -> None:
        super().__init__()
        if channels % 2:
            raise ValueError(f'hidden_channels={channels} must be even: each direction of a '
                             f'bidirectional {self.rnn_class.__name__} yields half of them.')
        self.rnn = self.rnn_class(
            channels, channels // 2, num_layers, batch_first=True, dropout=dropout,
            bidirectional=True)

    def forward(self, x: Tensor) -> Tensor:
        """Encode a batch of sequences, (N, S, D) -> (N, S, D)."""
        return self.rnn(x)[0]


@MODELS.register_module()
class S2SGRU(_BidirectionalRNN):
    """Bidirectional GRU with half of the channels in each direction.

    Args:
        channels: D, even.
        num_layers: Number of layers. Defaults to 1.
        dropout: Dropout probability between layers, in training; a single one has none. Defaults to 0.

    Raises:
        ValueError: ``channels`` is odd.
    """

    rnn_class = nn.GRU


@MODELS.register_module()
class S2SLSTM(_BidirectionalRNN):
    """Bidirectional LSTM with half of the channels in each direction.

    Args:
        channels: D, even.
        num_layers: Number of layers. Defaults to 1.
        dropout: Dropout probability between layers, in training; a single one has none. Defaults to 0.

    Raises:
        ValueError: ``channels`` is odd.
    """

    rnn_class = nn.LSTM


@MODELS.register_module()
class S2STransformer(S2SEncoder):
    """Post-norm Transformer layers without positional encoding and without a final norm.

    Args:
        channels: D, a multiple of ``num_heads``.
        num_layers: Number of layers. Defaults to 1.
        num_heads: Number of attention heads. Defaults to 4.
        feedforward_channels: Width of the feed-forward part. Defaults to ``channels``.
        dropout: Dropout probability inside the layers, in training. Defaults to 0.1.

    Raises:
        ValueError: ``channels`` is no multiple of ``num_heads``.
    """

    def __init__(self, channels: int, num_layers: int = 1, num_heads: int = 4,
                 feedforward_channels: int | None = None, dropout: float = 0.1) -> None:
        super().__init__()
        if num_heads < 1 or channels % num_heads:
            raise ValueError(
                f'hidden_channels={channels} must be a multiple of num_heads={num_heads}.')
        self.layers = nn.Sequential(*(
            nn.TransformerEncoderLayer(
                channels, num_heads, feedforward_channels or channels, dropout, batch_first=True)
            for _ in range(num_layers)))

    def forward(self, x: Tensor) -> Tensor:
        """Encode a batch of sequences, (N, S, D) -> (N, S, D)."""
        return self.layers(x)

    def forward_granularities(self, granularities: Sequence[Tensor]) -> list[Tensor]:
        """Encode all granularities, each (N, S, D) -> (N, S, D).

        Attention stays within a granularity. All other layers treat each token by itself, so they take
        the tokens of all granularities at once: fewer and larger operations than one by one.
        """
        if type(self).forward is not S2STransformer.forward:  # a subclass with a forward of its own
            return super().forward_granularities(granularities)
        sizes = [x.shape[:2] for x in granularities]
        x = torch.cat([x.flatten(0, 1) for x in granularities])  # (sum of N * S, D)
        for layer in self.layers:
            x = layer.norm1(x + layer.dropout1(_attend(layer.self_attn, x, sizes)))
            wide = layer.dropout(layer.activation(layer.linear1(x)))
            x = layer.norm2(x + layer.dropout2(layer.linear2(wide)))
        return _separate(x, sizes)


def _separate(x: Tensor, sizes: Sequence[torch.Size]) -> list[Tensor]:
    """Views of the granularities, each (N, S, D), that stand one after another in x."""
    parts = x.split([size.numel() for size in sizes])
    return [part.unflatten(0, size) for part, size in zip(parts, sizes, strict=True)]


def _attend(attention: nn.MultiheadAttention, x: Tensor, sizes: Sequence[torch.Size]) -> Tensor:
    """Self-attention within each sequence of each granularity, (sum of N * S, D) -> the same."""
    projected = F.linear(x, attention.in_proj_weight, attention.in_proj_bias)
    dropout = attention.dropout if attention.training else 0.0
    attended = []
    for part in _separate(projected, sizes):
        heads = part.unflatten(2, (3, attention.num_heads, -1))
        query, key, value = heads.transpose(1, 3).unbind(2)  # (N, heads, S, D / heads) each
        part = F.scaled_dot_product_attention(query, key, value, dropout_p=dropout)
        attended.append(part.transpose(1, 2).flatten(0, 1).flatten(1))  # (N * S, D)
    return attention.out_proj(torch.cat(attended))
