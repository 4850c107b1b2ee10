from types import SimpleNamespace

import pytest
import torch

from hico_mm.engine import FiniteLossHook


def look(loss, batch_idx, interval=3):
    runner = SimpleNamespace(train_dataloader=range(8), epoch=4)
    FiniteLossHook(interval).after_train_iter(runner, batch_idx, outputs=dict(loss=loss))


@pytest.mark.parametrize('batch_idx', [2, 5, 7])
@pytest.mark.parametrize('loss', [float('nan'), float('inf'), torch.tensor(float('nan'))])
def test_a_lost_loss_ends_training(loss, batch_idx):
    with pytest.raises(ValueError, match=rf'loss is (nan|inf) at epoch 5, iteration {batch_idx + 1}. '
                       'Lower the learning rate'):
        look(loss, batch_idx)


@pytest.mark.parametrize('loss, batch_idx', [(1.5, 2), (torch.tensor(0.), 7), (float('nan'), 3)])
def test_others_go_on_until_the_next_look(loss, batch_idx):
    look(loss, batch_idx)


def test_a_run_stops_before_it_saves(toy_runner):
    runner = toy_runner(custom_hooks=[dict(type='FiniteLossHook')],
                        optim_wrapper=dict(optimizer=dict(type='SGD', lr=1e30)))
    with pytest.raises(ValueError, match='loss is'):
        runner.train()
