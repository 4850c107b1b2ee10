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
