import math

import pytest
import torch
from mmaction.registry import MODELS
from slow_hico import encode
from slow_layers import scrambled, weights_of
from small_models import LAYOUT, build_encoder, skeletons
from torch import nn


@pytest.mark.parametrize('variant', ['paper', 'released'])
@pytest.mark.parametrize('s2s', ['S2SGRU', 'S2SLSTM', 'S2STransformer'])
@pytest.mark.parametrize('num_granularities', [1, 3])
def test_equals_the_equations(s2s, variant, num_granularities):
    encoder = scrambled(build_encoder(num_granularities, s2s, variant=variant)).eval()
    x = skeletons().double()

    features = encoder(x)

    weights = weights_of(encoder)
    for n in range(len(x)):
        expected = encode(x[n].tolist(), weights, s2s, num_granularities, variant == 'released')
        assert set(features) == set(expected)
        for name, value in expected.items():
            torch.testing.assert_close(features[name][n], x.new_tensor(value), msg=name)


def test_tokens_are_frames_and_joint_trajectories():
    encoder, x = build_encoder(), skeletons()
    tokens = {}
    for name in ('temporal', 'spatial'):
        getattr(encoder, name).register_forward_pre_hook(
            lambda _, args, name=name: tokens.update({name: args[0]}))

    encoder(x)

    size, persons, frames, joints, coordinates = x.shape
    assert tokens['temporal'].shape == (size, frames, persons * joints * coordinates)
    assert tokens['spatial'].shape == (size, persons * joints, frames * coordinates)
    for n in range(size):
        for m in range(persons):
            for t in range(frames):
                for v in range(joints):
                    for c in range(coordinates):
                        value, joint = x[n, m, t, v, c], m * joints + v  # person-major
                        assert tokens['temporal'][n, t, joint * coordinates + c] == value
                        assert tokens['spatial'][n, joint, t * coordinates + c] == value


@pytest.mark.parametrize('num_granularities', [1, 2, 3])
def test_features_are_concatenated_from_fine_to_coarse(num_granularities):
    features = build_encoder(num_granularities)(skeletons(batch_size=3))

    for n in range(3):
        temporal = torch.cat([features['clip'][n, i] for i in range(num_granularities)])
        spatial = torch.cat([features['part'][n, i] for i in range(num_granularities)])
        assert torch.equal(features['temporal'][n], temporal)  # Eq. 6
        assert torch.equal(features['spatial'][n], spatial)
        assert torch.equal(features['instance'][n], torch.cat([temporal, spatial]))  # Eq. 7


@pytest.mark.parametrize('layout', [
    dict(num_joints=20, num_persons=1, num_frames=32, in_channels=3),  # Kinect v1
    dict(num_joints=17, num_persons=2, num_frames=64, in_channels=2),  # COCO
    dict(num_joints=25, num_persons=2, num_frames=64, in_channels=3),  # NTU
    dict(num_joints=5, num_persons=4, num_frames=17, in_channels=1),
])
@pytest.mark.parametrize('num_granularities', [1, 2, 3, 4, 5])
def test_sizes_follow_the_config(layout, num_granularities):
    encoder = build_encoder(num_granularities, **layout)
    domain = num_granularities * 8

    features = encoder(skeletons(3, **layout))

    assert {name: tuple(feature.shape) for name, feature in features.items()} == dict(
        clip=(3, num_granularities, 8), part=(3, num_granularities, 8), temporal=(3, domain),
        spatial=(3, domain), instance=(3, 2 * domain))
    assert encoder.feature_channels == dict(
        clip=8, part=8, temporal=domain, spatial=domain, instance=2 * domain)


@pytest.mark.parametrize('given', ['temporal', ['temporal'], ('spatial', ), 'spatial'])
def test_one_branch(given):
    both = build_encoder(3)
    encoder, x = build_encoder(3, branches=given), skeletons()
    branch = given if isinstance(given, str) else given[0]
    level = dict(temporal='clip', spatial='part')[branch]
    encoder.load_state_dict({name: value for name, value in both.state_dict().items()
                             if name.startswith(branch)})

    features, expected = encoder(x), both(x)

    assert set(features) == {level, branch, 'instance'}
    assert torch.equal(features[level], expected[level])
    assert torch.equal(features['instance'], expected[branch])
    assert encoder.feature_channels == {level: 8, branch: 24, 'instance': 24}


def test_order_of_the_branches_in_the_config_does_not_matter():
    encoder = build_encoder(branches=['spatial', 'temporal'])

    assert encoder.branches == ('temporal', 'spatial')
    assert list(encoder.state_dict()) == list(build_encoder().state_dict())


def test_own_s2s_encoder():
    @MODELS.register_module()
    class RunningMean(nn.Module):

        def __init__(self, channels, gain):
            super().__init__()
            self.channels, self.gain = channels, gain

        def forward(self, x):
            return self.gain * x.cumsum(1) / torch.arange(1, x.shape[1] + 1)[:, None]

    try:
        encoder, x = build_encoder(1, s2s=dict(type='RunningMean', gain=3.0)), skeletons()

        clip = encoder(x)['clip']

        embedded = encoder.temporal.embedding(x.transpose(1, 2).flatten(2))
        means = torch.stack([embedded[:, :t + 1].mean(1) for t in range(8)], dim=1)
        torch.testing.assert_close(clip[:, 0], (3 * means).amax(1))
        assert encoder.temporal.s2s.channels == 8
    finally:
        MODELS.module_dict.pop('RunningMean')


def test_default_s2s_encoder_is_the_transformer():
    encoder = MODELS.build(dict(type='HiCoEncoder', **LAYOUT, hidden_channels=8,
                                num_granularities=1))

    assert isinstance(encoder.temporal.s2s, MODELS.get('S2STransformer'))
    assert isinstance(encoder.spatial.s2s, MODELS.get('S2STransformer'))


def test_frozen_encoder_neither_learns_nor_drops_out():
    encoder, x = build_encoder(s2s='S2STransformer', frozen=True), skeletons()

    encoder.train()

    assert not any(module.training for module in encoder.modules())
    assert not any(parameter.requires_grad for parameter in encoder.parameters())
    assert not encoder(x)['instance'].requires_grad
    assert torch.equal(encoder(x)['instance'], encoder(x)['instance'])
    nn.Sequential(encoder).train()  # as the recognizer around it switches modes
    assert not encoder.temporal.s2s.training


def test_encoder_that_is_not_frozen_changes_its_mode():
    encoder = build_encoder(s2s='S2STransformer')

    assert encoder.train() is encoder
    assert encoder.temporal.s2s.training
    assert not encoder.eval().temporal.s2s.training
    assert all(parameter.requires_grad for parameter in encoder.parameters())


@pytest.mark.parametrize('variant', ['paper', 'released'])
@pytest.mark.parametrize('s2s', ['S2SGRU', 'S2SLSTM', 'S2STransformer'])
def test_weights_start_xavier_uniform(s2s, variant):
    encoder = build_encoder(s2s=s2s, variant=variant, hidden_channels=64)

    weights = {name: p for name, p in encoder.named_parameters() if p.dim() == 2}
    assert len(weights) == 12
    for name, weight in weights.items():
        bound = math.sqrt(6 / sum(weight.shape))
        assert 0.95 * bound < weight.max() <= bound, name
        assert -bound <= weight.min() < -0.95 * bound, name
        assert weight.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.1), name
