import pytest
import torch
from mmaction.registry import MODELS
from slow_hico import s2s, scrambled, weights_of

all_encoders = pytest.mark.parametrize('name', ['S2SGRU', 'S2SLSTM', 'S2STransformer'])


def build(name, **kwargs):
    return MODELS.build(dict(type=name, channels=8, **kwargs))


def assert_equals_slow(encoded, x, module, num_layers=1, heads=4):
    expected = [s2s(tokens, weights_of(module), type(module).__name__, num_layers, heads)
                for tokens in x.tolist()]
    torch.testing.assert_close(encoded, x.new_tensor(expected))


@pytest.fixture
def granularities():
    return [torch.randn(2, length, 8, dtype=torch.double) for length in (6, 3, 3, 1)]


@pytest.mark.parametrize('num_layers', [1, 2])
@all_encoders
def test_equals_the_definition(name, num_layers, granularities):
    module = scrambled(build(name, num_layers=num_layers)).eval()

    encoded = module.forward_granularities(granularities)

    for x, together in zip(granularities, encoded, strict=True):
        assert_equals_slow(module(x), x, module, num_layers)
        assert_equals_slow(together, x, module, num_layers)
        with torch.inference_mode():  # where torch takes a fused path
            assert_equals_slow(module(x), x, module, num_layers)


@all_encoders
def test_all_granularities_give_the_gradients_of_each(name, granularities):
    module = scrambled(build(name)).eval()
    weights = [torch.randn_like(x) for x in granularities]

    def gradients(encoded):
        total = sum((y * w).sum() for y, w in zip(encoded, weights, strict=True))
        return torch.autograd.grad(total, [*granularities, *module.parameters()])

    for x in granularities:
        x.requires_grad_()
    for got, expected in zip(gradients(module.forward_granularities(granularities)),
                             gradients([module(x) for x in granularities]), strict=True):
        torch.testing.assert_close(got, expected)


@pytest.mark.parametrize('place', ['self_attn', 'dropout', 'dropout1', 'dropout2'])
def test_every_dropout_is_live_in_training_only(place, granularities):
    module = scrambled(build('S2STransformer', dropout=0.0))
    part = getattr(module.layers[0], place)
    setattr(part, 'dropout' if place == 'self_attn' else 'p', 0.5)

    for encode in (lambda: module(granularities[0]),
                   lambda: torch.cat(module.forward_granularities(granularities), dim=1)):
        module.train()
        assert not torch.equal(encode(), encode())
        module.eval()
        assert torch.equal(encode(), encode())


@pytest.mark.parametrize('heads, training, given, width', [
    (1, True, None, 8), (2, False, 12, 12), (4, True, 12, 12), (8, False, None, 8)])
def test_heads_and_width_of_the_transformer(heads, training, given, width, granularities):
    module = build('S2STransformer', num_heads=heads, feedforward_channels=given, dropout=0.0)
    scrambled(module).train(training)  # without dropout, the mode does not matter
    tokens = granularities[0]

    assert module.layers[0].linear1.weight.shape == (width, 8)
    assert_equals_slow(module(tokens), tokens, module, heads=heads)
    assert_equals_slow(module.forward_granularities([tokens])[0], tokens, module, heads=heads)


@pytest.mark.parametrize('kwargs, probability', [({}, 0.1), ({'dropout': 0.3}, 0.3)])
def test_dropout_probability(kwargs, probability):
    layer = build('S2STransformer', **kwargs).layers[0]
    assert layer.dropout.p == layer.dropout1.p == layer.dropout2.p == probability
    assert layer.self_attn.dropout == probability


@pytest.mark.parametrize('name', ['S2SGRU', 'S2SLSTM'])
def test_dropout_between_layers(name):
    assert build(name).rnn.dropout == 0
    assert build(name, num_layers=2, dropout=0.3).rnn.dropout == 0.3


@pytest.mark.parametrize('name, kwargs, message', [
    ('S2SGRU', dict(channels=7), 'channels=7 must be even: .* bidirectional GRU'),
    ('S2SLSTM', dict(channels=7), 'channels=7 must be even: .* bidirectional LSTM'),
    ('S2STransformer', dict(channels=10), 'channels=10 must be a multiple of num_heads=4'),
])
def test_unfit_channels_are_refused(name, kwargs, message):
    with pytest.raises(ValueError, match=message):
        MODELS.build(dict(type=name, **kwargs))
