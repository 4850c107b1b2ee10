import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmaction.registry import HOOKS
from mmengine.hooks import Hook
from mmengine.logging import HistoryBuffer
from torch.utils._python_dispatch import TorchDispatchMode

from hico_mm.engine import DeferredRuntimeInfoHook
from hico_mm.engine.hooks import deferred_runtime_info_hook

KINDS = ('RuntimeInfoHook', 'DeferredRuntimeInfoHook')
CLOCKS = ('train/time', 'train/data_time')
WINDOWS = dict(type='LogProcessor', window_size=4, by_epoch=True, custom_cfg=[
    dict(data_src='loss', log_name='epoch_loss', method_name='mean', window_size='epoch'),
    dict(data_src='count', log_name='largest', method_name='max', window_size='global')])


@HOOKS.register_module()
class MoreLogValuesHook(Hook):
    """Gives a model's step log values of other types, one of them not always."""

    priority = 'HIGHEST'

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        outputs['count'] = torch.tensor([2**30 + runner.iter])  # more digits than float32 has
        outputs['half'] = torch.tensor(0.1 * runner.iter, dtype=torch.bfloat16)
        outputs['number'] = 0.1 * runner.iter
        outputs['array'] = np.float32(0.1)
        if runner.iter % 4 == 3:
            outputs['seldom'] = outputs['loss'] / 3


def train(toy_runner, kind, interval=2, batches=8, **changes):
    hooks = dict(runtime_info=dict(type=kind), logger=dict(
        type='LoggerHook', interval=interval, ignore_last=False),
        **changes.pop('default_hooks', {}))
    runner = toy_runner(**{
        'default_hooks': hooks, 'custom_hooks': [dict(type='MoreLogValuesHook')],
        'log_processor': WINDOWS, 'train_cfg': dict(by_epoch=True, max_epochs=3), **changes})
    runner.train()
    return runner


def histories(scalars):
    assert all(type(value) is HistoryBuffer for value in scalars.values())
    return [(name, *value.data, value.data[0].dtype) for name, value in scalars.items()]


def assert_same_histories(scalars, expected):
    """Names in their order, and all values but those of clocks."""
    assert list(scalars) == list(expected)
    for (name, values, counts, dtype), (_, values_0, counts_0, dtype_0) in zip(
            histories(scalars), histories(expected), strict=True):
        assert len(values) == len(values_0), name
        assert dtype == dtype_0, name
        np.testing.assert_array_equal(counts, counts_0, err_msg=name)
        if name not in CLOCKS:
            np.testing.assert_array_equal(values, values_0, err_msg=name)


def logged(runner):
    """The lines of scalars.json, without what clocks say."""
    path, = Path(runner.log_dir).glob('vis_data/scalars.json')
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [[(key, value) for key, value in line.items() if key not in ('time', 'data_time')]
            for line in lines]


def both(toy_runner, **changes):
    return [train(toy_runner, kind, **changes) for kind in KINDS]


@pytest.mark.parametrize('interval', [1, 2, 5])
@pytest.mark.parametrize('size', [9, 19])  # 3 and 7 batches
def test_logs_are_those_of_mmengine(toy_runner, toy_loader, interval, size):
    stock, deferred = both(toy_runner, interval=interval,
                           train_dataloader=toy_loader(size, shuffle=True))

    assert_same_histories(deferred.message_hub.log_scalars, stock.message_hub.log_scalars)
    assert logged(deferred) == logged(stock)
    assert len(logged(stock)) >= 3
    assert len(deferred.message_hub.get_scalar('train/seldom').data[0]) == (
        3 * deferred.max_iters // 3 // 4)


def test_training_by_iterations(toy_runner):
    stock, deferred = both(
        toy_runner, interval=4, train_cfg=dict(by_epoch=False, max_iters=6),
        log_processor=dict(WINDOWS, by_epoch=False, custom_cfg=[]),
        default_hooks=dict(checkpoint=dict(type='CheckpointHook', by_epoch=False)))
    assert_same_histories(deferred.message_hub.log_scalars, stock.message_hub.log_scalars)
    assert len(deferred.message_hub.get_scalar('train/loss').data[0]) == 6
    assert logged(deferred) == logged(stock)


@pytest.mark.parametrize('by_epoch, name', [(True, 'epoch_1'), (False, 'iter_5')])
def test_checkpoints_have_all_values_and_resume_alike(toy_runner, toy_loader, by_epoch, name):
    changes = dict(interval=3, train_dataloader=toy_loader(20, shuffle=True), default_hooks=dict(
        checkpoint=dict(type='CheckpointHook', by_epoch=by_epoch, interval=1 if by_epoch else 5)))
    checkpoints, paths = [], []
    for kind in KINDS:
        runner = train(toy_runner, kind, **changes)
        paths.append(Path(runner.work_dir) / f'{kind}.pth')
        (Path(runner.work_dir) / f'{name}.pth').rename(paths[-1])
        checkpoints.append(torch.load(paths[-1], weights_only=False)['message_hub'])
    stock, deferred = checkpoints
    assert_same_histories(deferred['log_scalars'], stock['log_scalars'])
    assert len(deferred['log_scalars']['train/loss'].data[0]) == (7 if by_epoch else 5)
    assert deferred['resumed_keys'] == stock['resumed_keys']

    if by_epoch:  # MMEngine resumes at the beginning of an epoch
        stock, deferred = (train(toy_runner, kind, resume=True, load_from=str(path), **changes)
                           for kind, path in zip(KINDS, paths, strict=True))
        assert_same_histories(deferred.message_hub.log_scalars, stock.message_hub.log_scalars)
        assert len(deferred.message_hub.get_scalar('train/loss').data[0]) == 21


class NoReading(TorchDispatchMode):
    """Counts what makes the host wait for a GPU: single values and copies to the host."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.count += func in (torch.ops.aten._local_scalar_dense.default,
                               torch.ops.aten._to_copy.default)
        return func(*args, **kwargs or {})


@pytest.fixture
def reads(monkeypatch):
    """How often ``tolist`` is called, which the dispatcher does not see."""
    calls = []
    tolist = torch.Tensor.tolist
    monkeypatch.setattr(torch.Tensor, 'tolist', lambda self: calls.append(len(self)) or tolist(self))
    return calls


def test_reads_nothing_between_two_logs(reads):
    hook, hub = DeferredRuntimeInfoHook(), SimpleNamespace(log_scalars={}, update_scalar=None)
    hub.update_scalar = lambda name, value: hub.log_scalars.setdefault(
        name, SimpleNamespace(values=[])).values.append(value)
    runner = SimpleNamespace(message_hub=hub, train_dataloader=range(10))
    hook._intervals = [4]
    per_iteration = []
    for index in range(10):
        reads.clear()
        with NoReading() as mode:
            outputs = {name: torch.tensor(index + offset, requires_grad=True)
                       for name, offset in (('loss', 0.5), ('acc', 0.25))}
            hook.after_train_iter(runner, index, outputs=outputs)
        assert mode.count == 0
        per_iteration.append(list(reads))

    # The first, to fix the order of the log; each fourth; the last of the epoch.
    assert per_iteration == [[2], [], [], [6], [], [], [], [8], [], [4]]
    assert hub.log_scalars['train/loss'].values == [index + 0.5 for index in range(10)]
    assert hub.log_scalars['train/acc'].values == [index + 0.25 for index in range(10)]


def test_keeps_a_value_whose_place_is_written_again():
    hook, values = DeferredRuntimeInfoHook(), []
    hub = SimpleNamespace(log_scalars={'train/loss': SimpleNamespace()},
                          update_scalar=lambda name, value: values.append(value))
    runner = SimpleNamespace(message_hub=hub, train_dataloader=range(9))
    hook._intervals = [3]
    place = torch.tensor(0.)
    for index in range(3):
        place.fill_(index)
        hook.after_train_iter(runner, index, outputs=dict(loss=place))
    assert values == [0., 1., 2.]


@pytest.mark.parametrize('limit, expected', [(4, 4), (2, 3), (100, 9)])
def test_history_ends_but_not_within_an_epoch(toy_runner, monkeypatch, limit, expected):
    monkeypatch.setattr(deferred_runtime_info_hook, 'HISTORY', limit)
    stock, deferred = both(toy_runner)  # epochs of 3 iterations, logs and checkpoints that fit
    for name in ('train/loss', 'train/count', 'train/lr'):
        values = stock.message_hub.get_scalar(name).data[0]
        assert len(values) == 9
        np.testing.assert_array_equal(
            deferred.message_hub.get_scalar(name).data[0], values[-expected:])


def test_values_of_several_elements_are_refused():
    with pytest.raises(RuntimeError, match='invalid for input of size 2'):
        DeferredRuntimeInfoHook().after_train_iter(None, 0, outputs=dict(loss=torch.zeros(2)))
