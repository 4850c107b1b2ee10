"""Benchmarks that are run again: what is repeated, what is resumed, what is refused."""
import shutil
from collections import Counter
from pathlib import Path

import pytest
import torch
from mmengine.runner import EpochBasedTrainLoop

from hico_mm.benchmark import step_results
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
    assert [row['task'] for row in more.run({})] == ['pretrain', 'linear', 'knn', 'finetune']
    assert runs == Counter({('train', 'hico_demo/seed_0/finetune'): 1})


@pytest.mark.parametrize('step', ['pretrain', 'linear'])
def test_a_killed_training_resumes_and_ends_as_if_it_had_not_been_killed(small, step, monkeypatch):
    options = {'default_hooks.checkpoint.interval': 1, 'train_cfg.max_epochs': 3,
               'tasks.linear.train_cfg.max_epochs': 3}
    arguments = dict(tasks=['linear'], untrained=False, options=options)
    *_, whole = small(out='whole', **arguments).run({})

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
    *_, row = benchmark.run({})
    assert epochs == [1, 2, 2, 3], 'the evaluation that was killed is repeated, then one epoch trained'
    assert row['values'] == whole['values']
    weights = [torch.load(folder(benchmark.out.parent / out, step) / 'epoch_3.pth',
                          weights_only=True)['state_dict'] for out in ('whole', 'parts')]
    assert weights[0].keys() == weights[1].keys()
    for name, tensor in weights[0].items():
        assert torch.equal(tensor, weights[1][name]), name


@pytest.fixture
def killed(monkeypatch):
    """Run until a point in a step; gives a list of the iterations that are trained after that."""

    def killed(run, step, point):
        record, write = EvaluationsHook.after_val_epoch, step_results.atomic_write

        def record_or_die(hook, runner, metrics=None):
            if runner.work_dir.endswith(step) and runner.epoch == 2:
                raise KeyboardInterrupt
            record(hook, runner, metrics)

        def write_or_die(path):
            if Path(path).parts[-2:] == (step, 'result.json'):
                raise KeyboardInterrupt
            return write(path)

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            if point == 'last evaluation':
                patch.setattr(EvaluationsHook, 'after_val_epoch', record_or_die)
            else:
                patch.setattr(step_results, 'atomic_write', write_or_die)
            run()
        trained = []
        iterate = EpochBasedTrainLoop.run_iter

        def counted(loop, *args):
            trained.append(loop.runner.work_dir)
            iterate(loop, *args)

        monkeypatch.setattr(EpochBasedTrainLoop, 'run_iter', counted)
        return trained

    return killed


@pytest.mark.parametrize('task, step, point', [
    ('knn', 'pretrain', 'result'), ('linear', 'linear', 'result'),
    ('finetune', 'finetune', 'last evaluation')])
def test_a_step_killed_after_its_last_checkpoint_is_not_trained_again(small, killed, task, step, point):
    arguments = dict(tasks=[task], untrained=False)
    whole = small(out='whole', **arguments).run({})
    trained = killed(lambda: small(**arguments).run({}), step, point)
    benchmark = small(**arguments)
    assert (folder(benchmark.out, step) / 'epoch_2.pth').exists()
    assert not (folder(benchmark.out, step) / 'result.json').exists()
    benchmark.check()
    rows = benchmark.run({})
    for key in ('task', 'values', 'last_epoch', 'best'):
        assert [row[key] for row in rows] == [row[key] for row in whole]
    assert not trained


def test_a_smaller_request_loses_no_values(small):
    both = small(tasks=['knn'], untrained=False, seeds=2).run({})
    assert small(tasks=['knn'], untrained=False).run({}) == both
    assert [len(row['values']) for row in both] == [2, 2]


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


def test_other_settings_are_refused_though_only_earlier_seeds_have_them(small):
    first = small(tasks=['knn'], untrained=False, seeds=2)
    first.run({})
    shutil.rmtree(folder(first.out, '.'))
    other = small(tasks=['knn'], untrained=False, options={'model.momentum': 0.5})
    with pytest.raises(ValueError, match='hico_demo/seed_1/.* was made with other settings .*momentum'):
        other.check()
