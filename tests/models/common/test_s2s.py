import pytest
import torch
from mmaction.registry import MODELS
from slow_hico import s2s
from slow_layers import scrambled, weights_of

ENCODERS = ['S2SGRU', 'S2SLSTM', 'S2STransformer']


def build(name, **kwargs):
    return MODELS.build(dict(type=name, channels=8, **kwargs))


def assert_equals_slow(module, x, name, num_layers=1, heads=4):
    expected = [s2s(tokens, weights_of(module), name, num_layers, heads) for tokens in x.tolist()]
    torch.testing.assert_close(module(x), x.new_tensor(expected))


@pytest.fixture
def tokens():
    return torch.randn(2, 6, 8, dtype=torch.double)


@pytest.mark.parametrize('num_layers', [1, 2])
@pytest.mark.parametrize('name', ENCODERS)
def test_equals_the_definition(name, num_layers, tokens):
    module = scrambled(build(name, num_layers=num_layers)).eval()

    assert_equals_slow(module, tokens, name, num_layers)
    assert_equals_slow(module, tokens[:, :1], name, num_layers)  # a single token


@pytest.mark.parametrize('name', ENCODERS)
def test_inference_mode_gives_the_same(name, tokens):
    module = scrambled(build(name)).eval()

    with torch.inference_mode():  # where torch takes a fused path
        assert_equals_slow(module, tokens, name)


TOGETHER = [(name, 'forward_granularities') for name in ENCODERS] + [
    (name, '_forward_packed') for name in ('S2SGRU', 'S2SLSTM')]  # the form of GPUs


@pytest.fixture
def granularities(tokens):
    return [tokens, *(torch.randn(2, length, 8, dtype=torch.double) for length in (3, 3, 1))]


@pytest.mark.parametrize('num_layers', [1, 2])
@pytest.mark.parametrize('name, method', TOGETHER)
def test_all_granularities_equal_the_definition(name, method, num_layers, granularities):
    module = scrambled(build(name, num_layers=num_layers)).eval()

    encoded = getattr(module, method)(granularities)

    assert len(encoded) == 4
    for x, y in zip(granularities, encoded, strict=True):
        expected = [s2s(tokens, weights_of(module), name, num_layers) for tokens in x.tolist()]
        torch.testing.assert_close(y, x.new_tensor(expected))


@pytest.mark.parametrize('name, method', TOGETHER)
def test_all_granularities_give_the_gradients_of_each(name, method, granularities):
    module = scrambled(build(name)).eval()
    weights = [torch.randn_like(x) for x in granularities]

    def gradients(encoded):
        total = sum((y * w).sum() for y, w in zip(encoded, weights, strict=True))
        return torch.autograd.grad(total, [*granularities, *module.parameters()])

    for x in granularities:
        x.requires_grad_()
    for got, expected in zip(gradients(getattr(module, method)(granularities)),
                             gradients([module(x) for x in granularities]), strict=True):
        torch.testing.assert_close(got, expected)


@pytest.mark.parametrize('place', ['self_attn', 'dropout', 'dropout1', 'dropout2'])
def test_every_dropout_is_live_for_all_granularities_in_training_only(place, granularities):
    module = scrambled(build('S2STransformer', dropout=0.0))
    part = getattr(module.layers[0], place)
    setattr(part, 'dropout' if place == 'self_attn' else 'p', 0.5)

    def encode():
        return torch.cat(module.forward_granularities(granularities), dim=1)

    assert not torch.equal(encode(), encode())
    module.eval()
    assert torch.equal(encode(), encode())


@pytest.mark.parametrize('heads', [1, 2, 8])
def test_number_of_heads(heads, tokens):
    module = scrambled(build('S2STransformer', num_heads=heads)).eval()

    assert_equals_slow(module, tokens, 'S2STransformer', heads=heads)


@pytest.mark.parametrize('given, width', [(None, 8), (12, 12)])
def test_feedforward_width(given, width, tokens):
    module = scrambled(build('S2STransformer', feedforward_channels=given)).eval()

    assert module.layers[0].linear1.weight.shape == (width, 8)
    assert_equals_slow(module, tokens, 'S2STransformer')


@pytest.mark.parametrize('heads', [2, 4])
@pytest.mark.parametrize('training', [True, False])
def test_transformer_without_dropout_ignores_the_mode(training, heads, tokens):
    module = scrambled(build('S2STransformer', num_heads=heads, dropout=0.0)).train(training)

    assert_equals_slow(module, tokens, 'S2STransformer', heads=heads)


def test_dropout_is_live_in_training_only(tokens):
    module = scrambled(build('S2STransformer', dropout=0.5))

    assert not torch.equal(module(tokens), module(tokens))
    torch.testing.assert_close(module.eval()(tokens), module(tokens), rtol=0, atol=0)


@pytest.mark.parametrize('kwargs, probability', [({}, 0.1), ({'dropout': 0.3}, 0.3)])
def test_dropout_probability(kwargs, probability):
    layer = build('S2STransformer', **kwargs).layers[0]

    probabilities = [m.p for m in layer.modules() if isinstance(m, torch.nn.Dropout)]
    assert probabilities == [probability] * 3
    assert layer.self_attn.dropout == probability


def test_transformer_knows_no_positions(tokens):
    module = scrambled(build('S2STransformer')).eval()
    order = torch.tensor([3, 1, 5, 0, 2, 4])

    torch.testing.assert_close(module(tokens[:, order]), module(tokens)[:, order])


@pytest.mark.parametrize('name, cell', [('S2SGRU', 'GRU'), ('S2SLSTM', 'LSTM')])
def test_odd_channels_are_refused_by_recurrent_encoders(name, cell):
    with pytest.raises(ValueError, match=f'channels=7 must be even: .* bidirectional {cell}'):
        MODELS.build(dict(type=name, channels=7))


def test_channels_must_be_a_multiple_of_the_heads():
    with pytest.raises(ValueError, match='channels=10 must be a multiple of num_heads=4'):
        MODELS.build(dict(type='S2STransformer', channels=10))
