import math

import pytest
import torch
from mmaction.registry import MODELS
from slow_hico import project
from slow_layers import below, scrambled, weights_of

IN_CHANNELS = dict(clip=4, temporal=8, instance=16)


def build(**kwargs):
    sizes = dict(in_channels=IN_CHANNELS, hidden_channels=6, out_channels=5) | kwargs
    return MODELS.build(dict(type='Projectors', **sizes))


def test_equals_two_linear_layers_for_each_feature():
    neck = scrambled(build())
    features = dict(clip=torch.randn(2, 3, 4), temporal=torch.randn(2, 8),
                    instance=torch.randn(2, 16))
    features = {name: feature.double() for name, feature in features.items()}

    projected = neck(features | dict(part=torch.zeros(1)))  # others are ignored

    assert set(projected) == set(IN_CHANNELS)
    weights = weights_of(neck)
    for name, feature in features.items():
        expected = [project(each, below(weights, f'layers.{name}.')) for each in feature.tolist()]
        torch.testing.assert_close(projected[name], feature.new_tensor(expected), msg=name)


def test_sizes_follow_the_config():
    neck = build(hidden_channels=7, out_channels=9)

    assert neck.out_channels == 9
    for name, channels in IN_CHANNELS.items():
        assert neck.layers[name][0].weight.shape == (7, channels)
        assert neck.layers[name][2].weight.shape == (9, 7)


def test_default_sizes_are_those_of_the_paper():
    neck = MODELS.build(dict(type='Projectors', in_channels=IN_CHANNELS))

    assert neck.layers['instance'][0].weight.shape == (512, 16)
    assert neck.layers['instance'][2].weight.shape == (128, 512)


def test_weights_start_xavier_uniform():
    neck = build(hidden_channels=100, out_channels=50)

    weights = [p for p in neck.parameters() if p.dim() == 2]
    assert len(weights) == 6
    for weight in weights:
        bound = math.sqrt(6 / sum(weight.shape))
        assert 0.95 * bound < weight.abs().max() <= bound
        assert weight.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.1)
