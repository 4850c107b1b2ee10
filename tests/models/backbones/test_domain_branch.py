import pytest
import torch
from slow_hico import branch
from slow_layers import scrambled, weights_of

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


def test_unknown_s2s_encoder_is_refused():
    with pytest.raises(KeyError, match=r"s2s encoder 'S2SMamba' is not registered. hico_mm has "
                       r"\['S2SGRU', 'S2SLSTM', 'S2STransformer'\].*@MODELS.register_module"):
        build(s2s='S2SMamba')
