from types import SimpleNamespace

import pytest
import torch
from mmengine.hooks import Hook

from hico_mm.engine import EpochSeedHook

HOOKS = [dict(type='EpochSeedHook')]
MODULE = EpochSeedHook.__module__


def weights(runner):
    weight = runner.train().backbone.weight.detach().clone()
    runner.train_dataloader._iterator = None  # ends persistent workers; a later test would wait for them
    return weight


class DrawNumbers(Hook):
    """Takes random numbers between epochs, as an evaluation may."""

    def after_train_epoch(self, runner):
        torch.rand(7)


@pytest.mark.parametrize('num_workers', [0, 1])
def test_resumed_run_repeats_the_uninterrupted_one(toy_runner, toy_loader, num_workers):
    # Without workers the augmentation (jitter) is of this process, too.
    jitter = 0.5 if num_workers == 0 else 0.
    train_dataloader = toy_loader(8, shuffle=True, num_workers=num_workers, jitter=jitter)
    changes = dict(train_dataloader=train_dataloader, custom_hooks=HOOKS)
    straight = toy_runner(**changes, randomness=dict(seed=5))
    straight.register_hook(DrawNumbers())
    expected = weights(straight)
    resumed = toy_runner(**changes, randomness=dict(seed=None), resume=True,
                         load_from=f'{straight.work_dir}/epoch_1.pth')
    torch.rand(11)
    assert torch.equal(weights(resumed), expected)
    assert resumed.train_dataloader.sampler.seed == 5, 'the seed of the checkpoint'


@pytest.mark.parametrize('iteration', [1, 3, 4])  # of 3 in each epoch
@pytest.mark.parametrize('num_workers', [0, 1])
def test_resumed_in_the_middle_of_an_epoch(toy_runner, toy_loader, num_workers, iteration):
    train_dataloader = toy_loader(8, shuffle=True, num_workers=num_workers)
    changes = dict(train_dataloader=train_dataloader, custom_hooks=HOOKS, default_hooks=dict(
        checkpoint=dict(type='CheckpointHook', by_epoch=False, interval=1)))
    straight = toy_runner(**changes)
    expected = weights(straight)
    for start in iteration, iteration + 1:  # the second checkpoint is one of a resumed run
        resumed = toy_runner(
            **changes, resume=True, load_from=f'{straight.work_dir}/iter_{start}.pth')
        assert torch.equal(weights(resumed), expected) and resumed.iter == 6
    # Of the 8 sequences of an epoch, the first 3 are done, or 6; then all.
    train_dataloader['batch_size'] = 1
    resumed = toy_runner(
        **changes, resume=True, load_from=f'{straight.work_dir}/iter_{iteration}.pth')
    resumed.train()
    assert resumed.iter == iteration + {1: 5 + 8, 3: 8, 4: 5}[iteration]


@pytest.fixture
def draw(monkeypatch):
    """Draw three numbers in an epoch, and tell what the data set was told."""

    def draw(rank=0, seed=3, epoch=7, seed_of_first_rank=3, wrap=lambda dataset: dataset):
        monkeypatch.setattr(f'{MODULE}.get_rank', lambda: rank)
        monkeypatch.setattr(f'{MODULE}.broadcast_object_list',
                            lambda values: values.__setitem__(0, seed_of_first_rank))
        told = []
        dataset = SimpleNamespace(set_epoch=lambda *values: told.append(values))
        loader = SimpleNamespace(dataset=wrap(dataset), batch_size=1)
        runner = SimpleNamespace(train_dataloader=loader, seed=seed, epoch=epoch, iter=0)
        EpochSeedHook().before_train_epoch(runner)
        first = torch.rand(1).item()
        EpochSeedHook().before_train_iter(runner, batch_idx=0)
        second = torch.rand(1).item()
        EpochSeedHook().before_train_iter(runner, batch_idx=1)
        return told, (first, second, torch.rand(1).item())

    return draw


def test_draws_depend_on_seed_epoch_and_rank(draw):
    drawn = [draw()[1], draw(seed=4)[1], draw(epoch=8)[1], draw(rank=1)[1]]
    assert len({number for numbers in drawn for number in numbers}) == 12
    assert draw()[1] == drawn[0]


def test_data_sets_are_told_the_epoch_and_the_seed_of_the_first_rank_inside_wrappers_too(draw):
    def wrap(dataset):
        return SimpleNamespace(dataset=SimpleNamespace(datasets=[[1], dataset, dataset]))

    assert draw(seed=9, seed_of_first_rank=5)[0] == [(5, 7)]
    assert draw(wrap=wrap)[0] == [(3, 7)] * 2


def test_refuses_training_without_epochs(toy_runner):
    runner = toy_runner(custom_hooks=HOOKS, train_cfg=dict(by_epoch=False, max_iters=2))
    with pytest.raises(ValueError, match='training is by IterBasedTrainLoop. Use train_cfg'):
        runner.train()
