import pytest
import torch
from mmaction.registry import MODELS
from slow_hico import scrambled, udm, weights_of

from hico_mm.models import UDM


@pytest.mark.parametrize('variant', ['paper', 'released'])
@pytest.mark.parametrize('kernel_size, pool_size, num_tokens', [
    (5, 2, 8), (5, 2, 7), (5, 2, 2), (3, 2, 9), (1, 3, 8), (7, 3, 3)])
def test_equals_the_equation(variant, kernel_size, pool_size, num_tokens):
    module = scrambled(UDM(6, kernel_size, pool_size, variant))
    x = torch.randn(2, num_tokens, 6, dtype=torch.double)

    expected = [udm(tokens, weights_of(module), variant == 'released', pool_size)
                for tokens in x.tolist()]

    torch.testing.assert_close(module(x), x.new_tensor(expected))


@pytest.mark.parametrize('variant, expected', [
    # LN(ReLU(x)) of (3, -3) is the norm of (3, 0), ReLU(LN(x)) the positive part of (1, -1).
    ('paper', [[1.0, -1.0]]), ('released', [[1.0, 0.0]]),
])
def test_order_of_norm_and_relu(variant, expected):
    module = UDM(2, kernel_size=1, pool_size=1, variant=variant)
    with torch.no_grad():  # the convolution passes every channel as it is
        module.conv.weight.copy_(torch.ones(2, 1, 1) if variant == 'released'
                                 else torch.eye(2)[..., None])
        module.conv.bias.zero_()

    out = module(torch.tensor([[[3.0, -3.0]]]))

    torch.testing.assert_close(out, torch.tensor([expected]), atol=1e-5, rtol=0)


@pytest.mark.parametrize('variant, shape', [('paper', (8, 8, 5)), ('released', (8, 1, 5))])
def test_defaults_are_those_of_the_paper(variant, shape):
    module = MODELS.build(dict(type='UDM', channels=8, variant=variant))

    assert module.conv.weight.shape == shape  # kernel size 5, depth-wise only as released
    assert module(torch.zeros(1, 25, 8)).shape == (1, 12, 8)  # pool size 2, floor


@pytest.mark.parametrize('kwargs, message', [
    (dict(kernel_size=4), 'kernel_size=4 must be odd'),
    (dict(pool_size=0), 'pool_size=0 must be a positive integer'),
    (dict(variant='official'), r"variant='official' is unknown\. Use one of \('paper', 'released'\)"),
])
def test_bad_config_is_refused(kwargs, message):
    with pytest.raises(ValueError, match=message):
        UDM(8, **kwargs)
