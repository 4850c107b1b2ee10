import pytest
import torch
from mmaction.registry import MODELS
from torch import nn

from hico_mm.models.backbones import HiCoEncoder
from hico_mm.models.common import S2SGRU, S2SLSTM, UDM, S2STransformer
from hico_mm.speed.flops import analyze, count_multiply_adds

N, S, D = 3, 7, 12
NORM = 5  # MMEngine's estimate of an affine LayerNorm for each value


class Function(nn.Module):
    """A module of one function, as the counter takes modules only."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *inputs):
        return self.function(*inputs)


def of_rnn(tokens, channels, gates):
    """One bidirectional layer: each direction has ``channels / 2`` hidden units."""
    hidden, count = channels // 2, 0
    for _direction in range(2):
        for _gate in range(gates):
            count += tokens * hidden * channels  # input to hidden
            count += tokens * hidden * hidden  # hidden to hidden
    return count


def of_attention(tokens, channels, heads):
    """Scores of each token with each, and their sums of values, in one sequence."""
    width, count = channels // heads, 0
    for _head in range(heads):
        count += tokens * tokens * width  # query by key
        count += tokens * tokens * width  # scores by value
    return count


def of_transformer(tokens, channels, heads=4):
    """Projections to query, key, value and back, two feed-forward layers as wide as D, two norms."""
    projections = 6 * tokens * channels * channels
    return projections + of_attention(tokens, channels, heads) + 2 * NORM * tokens * channels


def of_udm(tokens, channels, kernel_size=5):
    return tokens * channels * channels * kernel_size + NORM * tokens * channels


S2S = [(S2SGRU, lambda tokens, channels: of_rnn(tokens, channels, gates=3)),
       (S2SLSTM, lambda tokens, channels: of_rnn(tokens, channels, gates=4)),
       (S2STransformer, of_transformer)]


@pytest.mark.parametrize('encoder, expected', S2S)
def test_s2s(encoder, expected):
    assert count_multiply_adds(encoder(D), torch.zeros(N, S, D)) == N * expected(S, D)


@pytest.mark.parametrize('rnn, gates', [(nn.GRU, 3), (nn.LSTM, 4), (nn.RNN, 1)])
def test_recurrent_layers(rnn, gates):
    # Two layers, the second reads the hidden units of the first; neither bias nor batch axis.
    model = rnn(D, 5, num_layers=2, bias=False)
    assert count_multiply_adds(model, torch.zeros(S, D)) == S * gates * 5 * (D + 5 + 5 + 5)


def test_lstm_with_projection():
    model = nn.LSTM(D, 6, proj_size=2)
    assert count_multiply_adds(model, torch.zeros(S, N, D)) == S * N * (4 * 6 * (D + 2) + 2 * 6)


def test_attention_across_sequences_of_other_lengths_and_widths():
    inputs = torch.zeros(N, 4, S, 6), torch.zeros(N, 4, 5, 6), torch.zeros(N, 4, 5, 2)
    model = Function(nn.functional.scaled_dot_product_attention)
    assert count_multiply_adds(model, inputs) == N * 4 * S * 5 * (6 + 2)


def test_attention_that_returns_its_weights():
    attention = nn.MultiheadAttention(D, 4, batch_first=True)
    mask = torch.zeros(S, S)
    model = Function(lambda x: attention(x, x, x, attn_mask=mask)[0])
    model.attention = attention
    expected = 4 * S * D * D + of_attention(S, D, 4)
    assert count_multiply_adds(model, torch.zeros(N, S, D)) == N * expected


@pytest.mark.parametrize('variant', ['paper', 'released'])
def test_udm(variant):
    udm = UDM(D, variant=variant)
    expected = of_udm(S, D) if variant == 'paper' else S * D * 5 + NORM * S * D  # depth-wise
    assert count_multiply_adds(udm, torch.zeros(N, S, D)) == N * expected


def test_einsum_to_the_last_digit():
    k, c, t, v = 3, 17, 19, 23
    model = Function(lambda x, a: torch.einsum('nkctv, kvw -> nctw', x, a))
    assert count_multiply_adds(model, (torch.zeros(N, k, c, t, v), torch.zeros(k, v, v))) == (
        N * k * c * t * v * v)


def test_einsum_of_three_factors_and_with_ellipsis_is_left_to_mmengine():
    matrices = torch.zeros(2, 3), torch.zeros(3, 4), torch.zeros(4, 5)
    chain = Function(lambda *x: torch.einsum('ab,bc,cd->ad', *x))
    assert count_multiply_adds(chain, matrices) == 2 * 3 * 4 + 2 * 4 * 5
    batch = Function(lambda a, b: torch.einsum('...ab,bc->...ac', a, b))
    assert count_multiply_adds(batch, (torch.zeros(N, 2, 3), torch.zeros(3, 4))) == N * 2 * 3 * 4


@pytest.mark.parametrize('left, right, expected', [
    ((5, 5), (N, D, 5, S), N * D * 5 * 5 * S),  # a graph by all feature maps
    ((N, D, S, 5), (5, 2), N * D * S * 5 * 2), ((S, 5), (5, ), S * 5), ((5, ), (5, ), 5)])
def test_matmul(left, right, expected):
    model = Function(torch.matmul)
    assert count_multiply_adds(model, (torch.zeros(left), torch.zeros(right))) == expected


def test_graph_convolutions_of_stgcn():
    # Of MMAction2, with its smallest sizes: K = 3 subsets of neighbours, 8 channels, 2 stages.
    model = MODELS.build(dict(
        type='STGCN', graph_cfg=dict(layout='nturgb+d', mode='stgcn_spatial'), base_channels=8,
        num_stages=2, inflate_stages=[], down_stages=[2]))
    analysis = analyze(model, torch.zeros(1, 2, 13, 25, 3))
    graph = 2 * 3 * 25 * 25 * 8 * (13 + 13)  # persons, K, joints twice, channels, frames
    assert analysis.by_operator()['einsum'] == graph
    spatial = 2 * 25 * 13 * (3 * 3 * 8 + 8 * 3 * 8)
    temporal = 2 * 25 * 9 * 8 * 8 * (13 + 7)  # the second stage halves the frames
    residual = 2 * 25 * 7 * 8 * 8
    assert analysis.by_operator()['conv'] == spatial + temporal + residual


def test_stgcn_as_mmaction2_publishes_it():
    # Its README, NTU-60 by 2D skeletons: 3.8G "FLOPs" for 2 persons, 100 frames, 17 joints.
    model = MODELS.build(dict(type='STGCN', graph_cfg=dict(layout='coco', mode='stgcn_spatial')))
    assert round(count_multiply_adds(model, torch.zeros(1, 2, 100, 17, 3)) / 1e9, 1) == 3.8


@pytest.mark.parametrize('branches', ['temporal', 'spatial', ['temporal', 'spatial']])
@pytest.mark.parametrize('encoder, of_s2s', S2S)
def test_encoder(encoder, of_s2s, branches):
    persons, frames, joints, channels = 2, 13, 5, 8
    model = HiCoEncoder(joints, persons, frames, 3, channels, num_granularities=3, branches=branches,
                        s2s=dict(type=encoder.__name__))
    expected = 0
    for branch, tokens, width in (('temporal', frames, persons * joints * 3),
                                  ('spatial', persons * joints, frames * 3)):
        if branch in branches:
            expected += tokens * width * channels + tokens * channels * channels  # embedding
            for granularity in range(3):
                if granularity > 0:
                    expected += of_udm(tokens, channels)
                    tokens //= 2
                expected += of_s2s(tokens, channels)
    assert count_multiply_adds(model, torch.zeros(1, persons, frames, joints, 3)) == expected
    assert count_multiply_adds(model, torch.zeros(7, persons, frames, joints, 3)) == 7 * expected


@pytest.mark.parametrize('training', [True, False])
@pytest.mark.parametrize('fused', [True, False])
def test_neither_mode_nor_fused_layers_change_the_count_or_are_changed(training, fused):
    model = S2STransformer(D).train(training)
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(fused)
    try:
        assert count_multiply_adds(model, torch.zeros(N, S, D)) == N * of_transformer(S, D)
        assert torch.backends.mha.get_fastpath_enabled() is fused
    finally:
        torch.backends.mha.set_fastpath_enabled(before)
    assert {part.training for part in model.modules()} == {training}


def test_a_failing_forward_leaves_no_traces():
    model = S2SGRU(D).train()
    with pytest.raises(RuntimeError):
        count_multiply_adds(model, torch.zeros(N, S, D + 1))
    assert model.training
    assert torch.backends.mha.get_fastpath_enabled()


def test_what_is_not_counted_is_named():
    model = Function(lambda x: torch.softmax(x, -1).exp() + x)
    analysis = analyze(model, torch.zeros(N, S))
    assert analysis.total() == 0
    assert analysis.unsupported_ops() == {'aten::softmax': 1, 'aten::exp': 1, 'aten::add': 1}
