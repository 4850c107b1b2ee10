import torch
from mmaction.registry import OPTIM_WRAPPERS
from torch import nn


def test_forward_in_bfloat16_and_step_in_float32():
    model = nn.Linear(2, 1, bias=False)
    nn.init.ones_(model.weight)
    wrapper = OPTIM_WRAPPERS.build(dict(
        type='BFloat16OptimWrapper', optimizer=torch.optim.SGD(model.parameters(), lr=0.5)))
    with wrapper.optim_context(model):
        output = model(torch.tensor([[1., 2.]]))
    assert output.dtype == torch.bfloat16
    assert not torch.is_autocast_cpu_enabled()
    wrapper.update_params(output.float().sum())
    assert model.weight.dtype == torch.float32
    assert model.weight.tolist() == [[0.5, 0.]]
