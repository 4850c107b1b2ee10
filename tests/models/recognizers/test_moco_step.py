"""The step of training in bfloat16, compiled, and without waiting for the device."""
from copy import deepcopy
from inspect import signature

import pytest
import torch
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample
from mmengine.logging import MessageHub
from mmengine.model import MMDistributedDataParallel
from mmengine.optim import OptimWrapper
from small_models import build_recognizer, sgd, state_of, train_step, views
from torch import distributed
from torch.utils._python_dispatch import TorchDispatchMode

from hico_mm.benchmark.smoke import shrink
from hico_mm.engine import BFloat16OptimWrapper
from hico_mm.utils import load_config

# A fused optimizer changes weights without counting it; older PyTorch has none for SGD.
FUSED = dict(fused=True) if 'fused' in signature(torch.optim.SGD).parameters else {}
ENCODERS = [dict(type='S2SGRU'), dict(type='S2SLSTM'), dict(type='S2STransformer', dropout=0.0)]
# Operators whose result the host reads, which on a GPU waits for everything before.
WAITING = ('_local_scalar_dense', 'nonzero', 'masked_select', 'unique', 'equal.')


def data_of(inputs):
    return dict(inputs=list(inputs), data_samples=[ActionDataSample() for _ in inputs])


@pytest.mark.parametrize('s2s', ['S2SGRU', 'S2SLSTM', 'S2STransformer'])
def test_no_step_waits_for_the_device(monkeypatch, s2s):
    class Record(TorchDispatchMode):
        names: list[str] = []

        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            self.names.append(func.__name__)
            return func(*args, **(kwargs or {}))

    def refused(tensor, *args):
        raise AssertionError('the host reads a tensor')

    model = build_recognizer(s2s)
    wrapper, data = OptimWrapper(sgd(model)), data_of(views())
    for name in ('item', 'tolist', 'cpu', 'numpy', '__bool__', '__float__', '__int__'):
        monkeypatch.setattr(torch.Tensor, name, refused)
    with Record() as record:
        model.train_step(data, wrapper)

    assert 'index_copy_.default' in record.names  # what the step does was seen
    assert [name for name in record.names if name.startswith(WAITING)] == []


@pytest.mark.parametrize('s2s', ENCODERS, ids=lambda s2s: s2s['type'])
def test_difference_of_bfloat16_is_small(s2s):
    """Losses and queues stay in full precision; the gradient differs by 10 % of its length at most."""
    if 'LSTM' in s2s['type'] and torch.__version__.startswith('2.1.'):
        pytest.skip('torch 2.1 has no LSTM in bfloat16 on a CPU')
    exact = build_recognizer(s2s, hidden_channels=64)
    mixed = deepcopy(exact)
    data, results = data_of(views(16)), []
    for model, wrapper in ((exact, OptimWrapper), (mixed, BFloat16OptimWrapper)):
        before = state_of(model)
        optimizer = torch.optim.SGD(model.parameters(), lr=1.0)  # the gradient is what changes
        logged = model.train_step(data, wrapper(optimizer))
        change = torch.cat([(before[name] - parameter.detach()).flatten()
                            for name, parameter in model.named_parameters()
                            if parameter.requires_grad])
        results.append((logged, change))

    (expected, gradient), (logged, mixed_gradient) = results
    for name in expected:
        if name.startswith('loss'):
            assert logged[name].dtype == torch.float32
            torch.testing.assert_close(logged[name], expected[name], rtol=0.01, atol=0)
    for name, queue in mixed.queues.items():
        assert queue.features.dtype == torch.float32
        torch.testing.assert_close(queue.features.norm(dim=1), torch.ones(len(queue.features)))
        torch.testing.assert_close(queue.features, exact.queues[name].features, rtol=0, atol=0.05)
    assert 0 < (mixed_gradient - gradient).norm() < 0.1 * gradient.norm()


@pytest.mark.slow  # where a CPU has no convolutions in bfloat16
@pytest.mark.parametrize('method', ['skeletonclr', 'crossclr', 'aimclr', 'isc', 'ascal'])
def test_rivals_in_bfloat16(monkeypatch, method):
    monkeypatch.setitem(MessageHub.get_current_instance().runtime_info, 'epoch', 1)  # the later stage
    exact = MODELS.build(shrink(load_config(f'{method}_demo')).model)
    mixed = deepcopy(exact)
    inputs, gradients, losses = torch.randn(16, len(exact.prefixes) + 1, 2, 64, 25, 3), [], []
    for model, bfloat16 in ((exact, False), (mixed, True)):
        with torch.autocast('cpu', torch.bfloat16, enabled=bfloat16):
            losses.append(model.loss(inputs, None))
        sum(value for name, value in losses[-1].items() if name.startswith('loss')).backward()
        gradients.append(torch.cat([weight.grad.flatten() for weight in model.parameters()
                                    if weight.requires_grad]))
    for name, expected in losses[0].items():
        if name.startswith('loss'):
            torch.testing.assert_close(losses[1][name], expected, rtol=0.02, atol=1e-3)
    change = (gradients[1] - gradients[0]).norm()
    assert change < 0.1 * gradients[0].norm()
    assert (change > 0) == (method != 'ascal')  # whose LSTM stays in full precision on a CPU


@pytest.fixture
def alone():
    """A group of one process, as a distributed wrapper needs."""
    distributed.init_process_group('gloo', store=distributed.HashStore(), rank=0, world_size=1)
    yield
    distributed.destroy_process_group()


@pytest.mark.parametrize('variant', ['paper', 'released'])
@pytest.mark.parametrize('wrap', [lambda model: model, MMDistributedDataParallel], ids=['plain', 'DDP'])
@pytest.mark.parametrize('optimizer', [
    dict(lr=0.05, momentum=0.9), dict(lr=0.05, **FUSED)], ids=['foreach', 'fused'])
def test_accumulated_batches_equal_the_large_one(alone, variant, wrap, optimizer):
    large = build_recognizer(variant=variant)
    small = deepcopy(large)
    data = [views(2) for _ in range(5)]  # steps of 2, 2 and 1 batches of 2
    for model, count in ((large, 1), (small, 2)):
        batches = data if count == 2 else [torch.cat(data[:2]), torch.cat(data[2:4]), data[4]]
        wrapper = OptimWrapper(
            torch.optim.SGD(model.parameters(), **optimizer), accumulative_counts=count)
        wrapper.initialize_count_status(model, 0, len(batches))
        wrapped = wrap(model)
        for inputs in batches:
            wrapped.train_step(data_of(inputs), wrapper)
    # Weights, keys, queues and their write positions.
    torch.testing.assert_close(small.state_dict(), large.state_dict(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize('fused, set_to_none', [({}, False), (FUSED, True)])
def test_key_encoder_moves_with_each_step(fused, set_to_none):
    model = build_recognizer(momentum=0.5)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, **fused)
    for _ in range(2):  # at first, there is nowhere to move
        before = state_of(model.momentum_encoder)
        train_step(model, optimizer, views())
        optimizer.zero_grad(set_to_none=set_to_none)
    after = model.momentum_encoder.state_dict()
    assert all((after[name] != value).any() for name, value in before.items())


@pytest.mark.slow
def test_compiled_steps_are_the_same():
    """As MMEngine's Runner compiles by the config entry ``compile``, without code generation."""
    model = build_recognizer(dict(type='S2STransformer', dropout=0.0))
    models = [model, deepcopy(model)]
    wrappers = [OptimWrapper(sgd(model)) for model in models]
    models[1].train_step = torch.compile(models[1].train_step, backend='aot_eager')

    for _ in range(3):
        data = data_of(views(3))
        logged, compiled = (model.train_step(data, wrapper)
                            for model, wrapper in zip(models, wrappers, strict=True))
        torch.testing.assert_close(compiled, logged)

    torch.testing.assert_close(models[1].state_dict(), model.state_dict())
