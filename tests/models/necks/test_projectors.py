import math

import pytest
import torch
from mmaction.registry import MODELS
from slow_hico import below, project, scrambled, weights_of

IN_CHANNELS = dict(clip=4, temporal=8, instance=16)


def build(**kwargs):
    return MODELS.build(dict(type='Projectors', in_channels=IN_CHANNELS, **kwargs))


def test_equals_two_linear_layers_for_each_feature():
    neck = scrambled(build(hidden_channels=6, out_channels=5))
    features = dict(clip=torch.randn(2, 3, 4).double(), temporal=torch.randn(2, 8).double(),
                    instance=torch.randn(2, 16).double())

    projected = neck(features | dict(part=torch.zeros(1)))  # others are ignored

    assert set(projected) == set(IN_CHANNELS)
    weights = weights_of(neck)
    for name, feature in features.items():
        expected = [project(each, below(weights, f'layers.{name}.')) for each in feature.tolist()]
        torch.testing.assert_close(projected[name], feature.new_tensor(expected), msg=name)


@pytest.mark.parametrize('kwargs, hidden, out', [  # without, as in the paper
    ({}, 512, 128), (dict(hidden_channels=100, out_channels=50), 100, 50)])
def test_sizes_follow_the_config_and_weights_start_xavier_uniform(kwargs, hidden, out):
    neck = build(**kwargs)

    assert neck.out_channels == out
    for name, channels in IN_CHANNELS.items():
        first, second = neck.layers[name][0].weight, neck.layers[name][2].weight
        assert first.shape == (hidden, channels) and second.shape == (out, hidden)
        for weight in (first, second):
            bound = math.sqrt(6 / sum(weight.shape))
            assert 0.95 * bound < weight.abs().max() <= bound
            assert weight.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.1)


def test_features_may_share_a_projector_or_have_none():
    shared = build(shared=dict(clip='temporal'), hidden_channels=None, out_channels=3)
    assert set(shared.layers) == {'temporal', 'instance'}
    assert [layer[0].out_features for layer in shared.layers.values()] == [8, 16]
    x = torch.randn(2, 8)
    with pytest.raises(ValueError, match="shared={'clip': 'temporl'}: expected features with"):
        build(shared=dict(clip='temporl'))
    projected = shared(dict(clip=x, temporal=x, instance=torch.randn(2, 16)))
    assert torch.equal(projected['clip'], projected['temporal'])

    features = {name: torch.randn(2, channels) for name, channels in IN_CHANNELS.items()}
    assert build(out_channels=None)(features) == features


def test_released_crossclr_shares_all_but_a_first_layer():
    neck = MODELS.build(dict(type='Projectors', in_channels=dict(joint=4, motion=4), hidden_channels=4,
                             out_channels=2, variant='released'))
    joint, (first, relu, rest) = neck.layers['joint'], neck.layers['motion']
    x = torch.randn(3, 4)

    assert rest is joint and isinstance(relu, torch.nn.ReLU)
    assert torch.equal(neck(dict(joint=x, motion=x))['motion'], joint(torch.relu(first(x))))
