import math
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from mmengine.logging import HistoryBuffer, MessageHub

from hico_mm.engine import FiniteLossHook


def look(*losses):
    hub = MessageHub.get_instance('look')
    hub.log_scalars['train/loss'] = HistoryBuffer(losses, [1] * len(losses))
    FiniteLossHook().after_train_iter(SimpleNamespace(message_hub=hub, epoch=4, iter=22), batch_idx=2)


@pytest.mark.parametrize('loss', [float('nan'), float('inf'), -float('inf')])
def test_a_lost_loss_ends_training(loss):
    with pytest.raises(ValueError, match=rf'loss is {loss}, seen in epoch 5 after 23 iterations. Lower'
                       r' the learning'):
        look(1.5, loss)


@pytest.mark.parametrize('losses', [[1.5], [0.], [float('nan'), 2.]])
def test_others_go_on(losses):
    look(*losses)


@pytest.mark.parametrize('kind', ['RuntimeInfoHook', 'DeferredRuntimeInfoHook'])
def test_a_run_stops_before_it_saves(toy_runner, kind):
    runner = toy_runner(custom_hooks=[dict(type='FiniteLossHook')],
                        default_hooks=dict(runtime_info=dict(type=kind)),
                        optim_wrapper=dict(optimizer=dict(type='SGD', lr=1e30)))
    with pytest.raises(ValueError, match='loss is'):
        runner.train()
    assert not list(Path(runner.work_dir).glob('*.pth'))


@pytest.mark.parametrize('kind', ['RuntimeInfoHook', 'DeferredRuntimeInfoHook'])
def test_no_lost_weights_are_saved_between_two_logs(toy_runner, kind):
    runner = toy_runner(
        custom_hooks=[dict(type='FiniteLossHook')],
        default_hooks=dict(runtime_info=dict(type=kind), logger=dict(type='LoggerHook', interval=100),
                           checkpoint=dict(type='CheckpointHook', by_epoch=False, interval=1)),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=1e30)))
    with pytest.raises(ValueError, match='loss is'):
        runner.train()
    for path in Path(runner.work_dir).glob('*.pth'):
        state = torch.load(path, weights_only=False)
        assert all(map(math.isfinite, state['message_hub']['log_scalars']['train/loss'].data[0]))
