import pytest
import torch
from slow_hico import branch
from slow_layers import scrambled, weights_of
from torch import nn

from hico_mm.models import S2SGRU
from hico_mm.models.backbones.domain_branch import DomainBranch

ENCODERS = ['S2SGRU', 'S2SLSTM', 'S2STransformer']


def build(num_granularities=3, s2s='S2SGRU', variant='paper'):
    return DomainBranch(5, 8, num_granularities, dict(type=s2s), variant)


@pytest.mark.parametrize('variant', ['paper', 'released'])
@pytest.mark.parametrize('s2s', ENCODERS)
@pytest.mark.parametrize('num_granularities', [1, 2, 4])
def test_equals_the_equations(s2s, variant, num_granularities):
    module = scrambled(build(num_granularities, s2s, variant)).eval()
    tokens = torch.randn(2, 9, 5, dtype=torch.double)

    expected = [branch(each, weights_of(module), s2s, num_granularities, variant == 'released')
                for each in tokens.tolist()]

    torch.testing.assert_close(module(tokens), tokens.new_tensor(expected))


@pytest.mark.parametrize('variant', ['paper', 'released'])
@pytest.mark.parametrize('s2s', ENCODERS)
@pytest.mark.parametrize('num_granularities', [1, 4])
def test_every_parameter_learns(s2s, variant, num_granularities):
    module = scrambled(build(num_granularities, s2s, variant))

    module(torch.randn(4, 16, 5, dtype=torch.double)).square().sum().backward()

    without = [name for name, parameter in module.named_parameters() if parameter.grad is None]
    assert without == []


def test_one_udm_and_one_s2s_serve_all_granularities():
    two, four = build(2).state_dict(), build(4).state_dict()

    assert list(two) == list(four)
    assert not any(name.startswith('udm.') for name in build(1).state_dict())


def test_the_s2s_encoder_may_be_given_as_a_class():
    module = DomainBranch(5, 8, 2, dict(type=S2SGRU, num_layers=2), 'paper')

    assert isinstance(module.s2s, S2SGRU)
    assert module.s2s.rnn.num_layers == 2


def test_an_encoder_of_ones_own_needs_only_a_forward():
    class Running(nn.Module):

        def __init__(self, channels):
            super().__init__()
            self.seen = []

        def forward(self, x):
            self.seen.append(x)
            return x.cumsum(dim=1)

    module = DomainBranch(5, 8, 3, dict(type=Running), 'paper')
    features = module(torch.randn(2, 9, 5))

    assert [tuple(x.shape) for x in module.s2s.seen] == [(2, 9, 8), (2, 4, 8), (2, 2, 8)]
    expected = [x.cumsum(dim=1).amax(dim=1) for x in module.s2s.seen]
    torch.testing.assert_close(features, torch.stack(expected, dim=1))


def test_a_forward_of_ones_own_is_called_also_where_a_faster_one_is_inherited():
    class Cumulative(S2SGRU):

        def forward(self, x):
            return super().forward(x).cumsum(dim=1)

    module = DomainBranch(5, 8, 2, dict(type=Cumulative), 'paper')
    tokens = torch.randn(2, 6, 5)
    x = module.embedding(tokens)
    expected = [module.s2s.rnn(y)[0].cumsum(dim=1).amax(dim=1) for y in (x, module.udm(x))]
    torch.testing.assert_close(module(tokens), torch.stack(expected, dim=1))


def test_unknown_s2s_encoder_is_refused():
    with pytest.raises(KeyError, match=r"'S2SMamba'.* names no registered S2S encoder.*"
                       r"\['S2SGRU', 'S2SLSTM', 'S2STransformer'\].*@MODELS.register_module"):
        build(s2s='S2SMamba')


@pytest.mark.parametrize('s2s', ['S2SGRU', dict(num_heads=2)])
def test_s2s_without_type_is_refused(s2s):
    with pytest.raises(KeyError, match='names no registered S2S encoder. Write dict'):
        DomainBranch(6, 8, 2, s2s, 'paper')


def test_sizes_of_the_udm_come_from_the_config():
    branch = DomainBranch(6, 8, 2, dict(type='S2SGRU'), 'paper', dict(kernel_size=3, pool_size=4))
    assert branch.udm.conv.kernel_size == (3, )
    assert branch.udm(torch.rand(1, 12, 8)).shape == (1, 3, 8)
