"""Benchmarks that are run again: what is repeated, what is resumed, what is refused."""
from collections import Counter

import pytest
import torch

from hico_mm.benchmark.run_log import EvaluationsHook


def folder(out, step):
    return out / 'hico_demo/seed_0' / step


def test_nothing_is_repeated(small, runs):
    first = small(tasks=['linear', 'knn'], untrained=False)
    rows = first.run({})
    assert runs == Counter({('train', 'hico_demo/seed_0/pretrain'): 1,
                            ('train', 'hico_demo/seed_0/linear'): 1,
                            ('test', 'hico_demo/seed_0/linear'): 1,
                            ('test', 'hico_demo/seed_0/knn'): 1})
    runs.clear()
    again = small(tasks=['linear', 'knn'], untrained=False)
    again.check()
    assert again.run({}) == rows
    assert not runs

    more = small(tasks=['finetune'], untrained=False)
    assert [row['task'] for row in more.run({})] == ['linear', 'knn', 'finetune']
    assert runs == Counter({('train', 'hico_demo/seed_0/finetune'): 1})


@pytest.mark.parametrize('step', ['pretrain', 'linear'])
def test_a_killed_training_resumes_and_ends_as_if_it_had_not_been_killed(small, step, monkeypatch):
    options = {'default_hooks.checkpoint.interval': 1, 'train_cfg.max_epochs': 3,
               'tasks.linear.train_cfg.max_epochs': 3}
    arguments = dict(tasks=['linear'], untrained=False, options=options)
    whole, = small(out='whole', **arguments).run({})

    epochs = []
    record = EvaluationsHook.after_val_epoch

    def killed_once(hook, runner, metrics=None):
        if runner.work_dir.endswith(step) and runner.epoch:
            epochs.append(runner.epoch)
            if epochs == [1, 2]:
                raise KeyboardInterrupt
        record(hook, runner, metrics)

    monkeypatch.setattr(EvaluationsHook, 'after_val_epoch', killed_once)
    with pytest.raises(KeyboardInterrupt):
        small(out='parts', **arguments).run({})
    benchmark = small(out='parts', **arguments)
    assert not (folder(benchmark.out, step) / 'result.json').exists()
    benchmark.check()
    row, = benchmark.run({})
    assert epochs == [1, 2, 3], 'two epochs before, one after'
    assert row['values'] == whole['values']
    weights = [torch.load(folder(benchmark.out.parent / out, step) / 'epoch_3.pth',
                          weights_only=True)['state_dict'] for out in ('whole', 'parts')]
    assert weights[0].keys() == weights[1].keys()
    for name, tensor in weights[0].items():
        assert torch.equal(tensor, weights[1][name]), name


def test_a_training_killed_in_its_last_evaluation_is_only_evaluated(small, monkeypatch):
    arguments = dict(tasks=['finetune'], untrained=False)
    record = EvaluationsHook.after_val_epoch

    def killed(hook, runner, metrics=None):
        if runner.work_dir.endswith('finetune') and runner.epoch == 2:
            raise KeyboardInterrupt
        record(hook, runner, metrics)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(EvaluationsHook, 'after_val_epoch', killed)
        small(**arguments).run({})
    row, = small(**arguments).run({})
    whole, = small(out='whole', **arguments).run({})
    assert (row['values'], row['last_epoch']) == (whole['values'], 2)


@pytest.mark.parametrize('options, step, message', [
    ({'tasks.linear.train_cfg.max_epochs': 3}, 'linear', 'train_cfg.max_epochs 2 -> 3'),
    ({'model.momentum': 0.5}, 'pretrain', 'model.momentum 0.99 -> 0.5'),
])
def test_a_finished_step_with_other_settings_is_refused_before_anything_runs(small, options, step,
                                                                            message, runs):
    benchmark = small(tasks=['linear'])
    benchmark.run({})
    runs.clear()
    other = small(tasks=['linear'], options=options)
    with pytest.raises(ValueError, match='Choose another folder by --out') as error:
        other.check()
    assert message in str(error.value) and str(folder(benchmark.out, step)) in str(error.value)
    assert not runs


def test_another_encoder_is_refused(small):
    first = small(tasks=['knn'])
    first.run({})
    checkpoint = folder(first.out, 'pretrain') / 'epoch_2.pth'
    content = torch.load(checkpoint, weights_only=True)
    content['state_dict']['backbone.temporal.udm.0.weight'] = torch.zeros(1)
    torch.save(content, first.out / 'other.pth')
    other = small(tasks=['knn'], checkpoints=[str(first.out / 'other.pth')])
    other.check()
    with pytest.raises(ValueError, match='hico_demo/seed_0/knn was made with other settings .*encoder'):
        other.run({})
