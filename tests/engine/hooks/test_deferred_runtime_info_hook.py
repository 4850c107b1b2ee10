import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmaction.registry import HOOKS
from mmengine.hooks import Hook, LoggerHook
from mmengine.logging import HistoryBuffer, MessageHub
from torch.utils._python_dispatch import TorchDispatchMode

from hico_mm.engine import DeferredRuntimeInfoHook
from hico_mm.utils import load_checkpoint_file

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


@pytest.fixture
def train(toy_runner):
    """Train for three epochs with each of the hooks, or one of them."""

    def train(kinds=KINDS, interval=2, checkpoint=None, **changes):
        runners = []
        for kind in kinds:
            hooks = dict(
                runtime_info=dict(type=kind),
                logger=dict(type='LoggerHook', interval=interval, ignore_last=False),
                checkpoint=checkpoint and dict(type='CheckpointHook', out_dir=kind, **checkpoint))
            runners.append(toy_runner(**{
                'default_hooks': hooks, 'custom_hooks': [dict(type='MoreLogValuesHook')],
                'log_processor': WINDOWS, 'train_cfg': dict(by_epoch=True, max_epochs=3), **changes}))
            runners[-1].train()
        return runners

    return train


def assert_same_histories(scalars, expected):
    """Names in their order, and all values but those of clocks."""
    assert list(scalars) == list(expected)
    for name, history in scalars.items():
        assert type(history) is type(expected[name]) is HistoryBuffer
        (values, counts), (values_0, counts_0) = history.data, expected[name].data
        assert len(values) == len(values_0) and values.dtype == values_0.dtype, name
        np.testing.assert_array_equal(counts, counts_0, err_msg=name)
        if name not in CLOCKS:
            np.testing.assert_array_equal(values, values_0, err_msg=name)


def logged(runner):
    """The lines of scalars.json, without what clocks say."""
    path, = Path(runner.log_dir).glob('vis_data/scalars.json')
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [[(key, value) for key, value in line.items() if key not in ('time', 'data_time')]
            for line in lines]


# Three or seven batches an epoch; the log falls in, at or beyond its end.
@pytest.mark.parametrize('interval, size', [(1, 9), (2, 19), (5, 9)])
def test_logs_are_those_of_mmengine(train, toy_loader, interval, size):
    stock, deferred = train(interval=interval, train_dataloader=toy_loader(size, shuffle=True))
    assert_same_histories(deferred.message_hub.log_scalars, stock.message_hub.log_scalars)
    assert logged(deferred) == logged(stock)
    assert len(logged(stock)) >= 3
    assert len(deferred.message_hub.get_scalar('train/seldom').data[0]) == stock.max_iters // 4


def test_training_by_iterations(train, toy_loader):
    stock, deferred = train(interval=4, train_cfg=dict(by_epoch=False, max_iters=6),
                            train_dataloader=toy_loader(20),
                            log_processor=dict(WINDOWS, by_epoch=False, custom_cfg=[]))
    assert_same_histories(deferred.message_hub.log_scalars, stock.message_hub.log_scalars)
    assert len(deferred.message_hub.get_scalar('train/loss').data[0]) == 6
    assert logged(deferred) == logged(stock)


def test_checkpoints_between_two_logs_have_all_values(train, toy_loader, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    train(interval=3, train_dataloader=toy_loader(20, shuffle=True),
          checkpoint=dict(by_epoch=False, interval=5))
    for name in ('iter_5.pth', 'iter_20.pth'):
        stock, deferred = (load_checkpoint_file(f'{kind}/work_dir/{name}')['message_hub']
                           for kind in KINDS)
        assert_same_histories(deferred['log_scalars'], stock['log_scalars'])
        assert deferred['resumed_keys'] == stock['resumed_keys']
        assert len(stock['log_scalars']['train/loss'].data[0]) == int(name[5:-4])


@pytest.mark.parametrize('limit, expected', [(4, 4), (2, 3), (100, 9)])
def test_history_ends_but_not_within_an_epoch(train, monkeypatch, limit, expected):
    monkeypatch.setattr(f'{DeferredRuntimeInfoHook.__module__}.HISTORY', limit)
    deferred, = train(KINDS[1:])  # epochs of 3 iterations
    counts = deferred.message_hub.get_scalar('train/count').data[0]
    assert counts.tolist() == [2**30 + index for index in range(9)][-expected:]
    assert len(deferred.message_hub.get_scalar('train/lr').data[0]) == expected


class HostReads(TorchDispatchMode):
    """Counts what makes the host wait for a GPU: single values and copies to the host."""

    count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.count += func in (torch.ops.aten._local_scalar_dense.default,
                               torch.ops.aten._to_copy.default)
        return func(*args, **kwargs or {})


def test_reads_nothing_between_two_logs(monkeypatch):
    lists = []  # lengths of the tensors that became lists, which the dispatcher does not see
    tolist = torch.Tensor.tolist
    monkeypatch.setattr(torch.Tensor, 'tolist', lambda self: lists.append(len(self)) or tolist(self))
    hook, hub = DeferredRuntimeInfoHook(), MessageHub('reads')
    runner = SimpleNamespace(message_hub=hub, train_dataloader=range(10), hooks=[LoggerHook(4)])
    per_iteration, loss = [], torch.zeros((), requires_grad=True)
    for index in range(10):
        lists.clear()
        with HostReads() as reads, torch.no_grad():
            loss.fill_(index)  # in the same place, as a captured CUDA graph does
            hook.after_train_iter(runner, index, outputs=dict(loss=loss, acc=loss + 0.25))
        assert reads.count == 0
        per_iteration.append(list(lists))

    # The first, for the order of the log; each fourth; the last of the epoch. Once for each name.
    assert per_iteration == [[1, 1], [], [], [3, 3], [], [], [], [4, 4], [], [2, 2]]
    assert hub.get_scalar('train/loss').data[0].tolist() == list(range(10))
    assert hub.get_scalar('train/acc').data[0].tolist() == [index + 0.25 for index in range(10)]

    with pytest.raises(RuntimeError, match='invalid for input of size 2'):
        hook.after_train_iter(runner, 0, outputs=dict(loss=torch.zeros(2)))
