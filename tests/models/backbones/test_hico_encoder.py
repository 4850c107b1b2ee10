import math

import pytest
import torch
from mmaction.registry import MODELS
from slow_hico import encode, scrambled, weights_of
from small_models import LAYOUT, build_encoder, skeletons
from torch import nn

from hico_mm.models import S2SEncoder, S2STransformer

all_encoders = pytest.mark.parametrize('s2s', ['S2SGRU', 'S2SLSTM', 'S2STransformer'])
both_variants = pytest.mark.parametrize('variant', ['paper', 'released'])


@both_variants
@all_encoders
@pytest.mark.parametrize('num_granularities', [1, 3])
def test_equals_the_equations_and_every_parameter_learns(s2s, variant, num_granularities):
    encoder = scrambled(build_encoder(num_granularities, s2s, variant=variant)).eval()
    x, weights = skeletons().double(), weights_of(encoder)

    features = encoder(x)

    for n in range(len(x)):
        expected = encode(x[n].tolist(), weights, s2s, num_granularities, variant == 'released')
        assert set(features) == set(expected)
        for name, value in expected.items():
            torch.testing.assert_close(features[name][n], x.new_tensor(value), msg=name)
    features['instance'].square().sum().backward()
    assert [name for name, parameter in encoder.named_parameters() if parameter.grad is None] == []


def test_one_udm_and_one_s2s_serve_all_granularities():
    one, two, three = (list(build_encoder(number).state_dict()) for number in (1, 2, 3))

    assert two == three
    assert one == [name for name in two if '.udm.' not in name]


@pytest.mark.parametrize('num_granularities, layout', [
    (1, dict(num_joints=20, num_persons=1, num_frames=32, in_channels=3)),  # Kinect v1
    (5, dict(num_joints=17, num_persons=2, num_frames=64, in_channels=2)),  # COCO
    (5, dict(num_joints=4, num_persons=4, num_frames=16, in_channels=1)),  # the last one is 1 token
])
def test_sizes_follow_the_config(num_granularities, layout):
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


class RunningSum(nn.Module):
    """The least that an S2S encoder has to be."""

    def __init__(self, channels, gain=3.0):
        super().__init__()
        self.channels, self.gain = channels, gain

    def forward(self, x):
        return self.gain * x.cumsum(1)


class SumOfTransformer(S2STransformer):
    """A ``forward`` of its own, which the inherited ``forward_granularities`` does not know."""

    def forward(self, x):
        return super().forward(x).cumsum(1)


class AllAtOnce(S2SEncoder):
    """Encodes all granularities by its own method only."""

    def __init__(self, channels):
        super().__init__()

    def forward_granularities(self, granularities):
        return [5 * x.cumsum(1) for x in granularities]


@pytest.mark.parametrize('own, encode_tokens', [
    (RunningSum, lambda s2s, x: 3.0 * x.cumsum(1)),
    (SumOfTransformer, lambda s2s, x: s2s.layers(x).cumsum(1)),
    (AllAtOnce, lambda s2s, x: 5 * x.cumsum(1)),
])
def test_s2s_encoders_of_ones_own(own, encode_tokens):
    encoder, x = build_encoder(2, s2s=dict(type=own)).eval(), skeletons()

    clip = encoder(x)['clip']

    branch = encoder.temporal
    frames = branch.embedding(x.transpose(1, 2).flatten(2))
    for n, tokens in enumerate((frames, branch.udm(frames))):
        expected = encode_tokens(branch.s2s, tokens).amax(1)
        torch.testing.assert_close(clip[:, n], expected, atol=1e-5, rtol=1e-5)


def test_modules_are_built_from_their_configs(monkeypatch):
    monkeypatch.setitem(MODELS.module_dict, 'RunningSum', RunningSum)
    own = build_encoder(2, s2s=dict(type='RunningSum', gain=2.0),
                        udm=dict(kernel_size=3, pool_size=4)).temporal
    default = MODELS.build(dict(type='HiCoEncoder', **LAYOUT, num_granularities=1))

    assert (own.s2s.channels, own.s2s.gain) == (8, 2.0)
    assert own.udm.conv.kernel_size == (3, )
    assert own.udm(torch.rand(1, 12, 8)).shape == (1, 3, 8)
    assert isinstance(default.temporal.s2s, S2STransformer)
    assert isinstance(default.spatial.s2s, S2STransformer)


@both_variants
@all_encoders
def test_weights_start_xavier_uniform(s2s, variant):
    encoder = build_encoder(s2s=s2s, variant=variant, hidden_channels=64)

    weights = {name: p for name, p in encoder.named_parameters() if p.dim() == 2}
    assert len(weights) == 12
    for name, weight in weights.items():
        bound = math.sqrt(6 / sum(weight.shape))
        assert 0.95 * bound < weight.max() <= bound, name
        assert -bound <= weight.min() < -0.95 * bound, name
        assert weight.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.1), name


@pytest.mark.parametrize('kwargs, message', [
    (dict(branches='frequency'), r"branches='frequency' is unknown.*\('temporal', 'spatial'\)"),
    (dict(branches=['temporal', 'x']), 'is unknown'),
    (dict(branches=[]), r'branches=\[\] is unknown'),
    (dict(variant='author'), "variant='author' is unknown"),
    (dict(num_joints=0), 'num_joints=0 must be a positive integer'),
    (dict(num_frames=64.0), r'num_frames=64\.0 must be a positive integer'),
    (dict(hidden_channels=0), 'hidden_channels=0 must be a positive integer'),
    (dict(num_granularities=0), 'num_granularities=0 must be a positive integer'),
    (dict(num_granularities=5, num_joints=25),
     'num_granularities=5 is too many for the temporal branch: '
     'its 8 tokens cannot be pooled by 2 4 times'),
    (dict(num_granularities=4),
     'num_granularities=4 is too many for the spatial branch: '
     'its 6 tokens cannot be pooled by 2 3 times'),
    (dict(s2s=dict(type='S2SMamba')), r"s2s=.*'S2SMamba'.* names no registered S2S encoder.*"
     r"\['S2SGRU', 'S2SLSTM', 'S2STransformer'\].*@MODELS.register_module"),
    (dict(s2s=dict(num_heads=2)), 'names no registered S2S encoder. Write dict'),
])
def test_bad_config_is_refused(kwargs, message):
    with pytest.raises(KeyError if 's2s' in kwargs else ValueError, match=message):
        build_encoder(**kwargs)


@pytest.mark.parametrize('shape, message', [
    ((2, 2, 8, 25, 2), r'\(2, 2, 8, 25, 2\) does not fit HiCoEncoder: num_joints=3 but .* 25'),
    ((2, 1, 8, 3, 3), 'num_persons=2 but the data have 1; in_channels=2 but the data have 3'),
    ((2, 2, 9, 4, 2), 'num_frames=8 but the data have 9; num_joints=3 but the data have 4'),
    ((2, 8, 3, 2), r'expects \(N, M, T, V, C\), but got \(2, 8, 3, 2\) with 4 axes'),
    ((2, 1, 2, 8, 3, 2), 'with 6 axes. End the pipeline with FormatGCNInput'),
])
def test_unfit_input_is_refused(shape, message):
    with pytest.raises(ValueError, match=message):
        build_encoder()(torch.zeros(shape))
