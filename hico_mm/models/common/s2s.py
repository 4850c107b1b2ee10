"""Sequence-to-sequence encoders (Eq. 4): modules that map tokens (N, S, D) to tokens (N, S, D).

A registered encoder of your own takes its place in ``HiCoEncoder(s2s=dict(type=...))``; it is built
with the argument ``channels`` and whatever the config adds.
"""
from mmaction.registry import MODELS
from torch import Tensor, nn


class _BidirectionalRNN(nn.Module):
    """One bidirectional recurrent network whose two directions share the D channels."""

    rnn_class: type[nn.RNNBase]

    def __init__(self, channels: int, num_layers: int = 1) -> None:
        super().__init__()
        if channels % 2:
            raise ValueError(f'hidden_channels={channels} must be even: each direction of a '
                             f'bidirectional {self.rnn_class.__name__} yields half of them.')
        self.rnn = self.rnn_class(
            channels, channels // 2, num_layers, batch_first=True, bidirectional=True)

    def forward(self, x: Tensor) -> Tensor:
        """Encode a batch of sequences, (N, S, D) -> (N, S, D)."""
        return self.rnn(x)[0]


@MODELS.register_module()
class S2SGRU(_BidirectionalRNN):
    """Bidirectional GRU with half of the channels in each direction.

    Args:
        channels: D, even.
        num_layers: Number of layers. Defaults to 1.

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

    Raises:
        ValueError: ``channels`` is odd.
    """

    rnn_class = nn.LSTM


@MODELS.register_module()
class S2STransformer(nn.Module):
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

    def __init__(self,
                 channels: int,
                 num_layers: int = 1,
                 num_heads: int = 4,
                 feedforward_channels: int | None = None,
                 dropout: float = 0.1) -> None:
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
