from pathlib import Path

import pytest

from hico_mm.engine.hooks import missed_evaluation_hook  # noqa: F401
from hico_mm.utils.end_state import find_difference, read_end_state

HOOKS = [dict(type='EpochSeedHook'), dict(type='MissedEvaluationHook')]


@pytest.fixture
def train(toy_runner, tmp_path):
    """Train up to an error, if it comes; gives the work dir. The metric has one value an evaluation."""

    def train(name, values, resume=None, error=None, max_epochs=3, interval=1, val_interval=1,
              **train_cfg):
        work_dir = tmp_path / name
        runner = toy_runner(
            work_dir=str(work_dir), custom_hooks=HOOKS, resume=resume is not None,
            load_from=resume and str(work_dir / f'epoch_{resume}.pth'),
            default_hooks=dict(logger=dict(type='LoggerHook', interval=1), checkpoint=dict(
                type='CheckpointHook', interval=interval, save_best='knn/top1', max_keep_ckpts=2)),
            train_cfg=dict(by_epoch=True, max_epochs=max_epochs, val_interval=val_interval, **train_cfg),
            val_evaluator=dict(type='ScriptedMetric', values=values))
        if error is None:
            runner.train()
        else:
            with pytest.raises(error):
                runner.train()
        return work_dir

    return train


def names(work_dir):
    return sorted(path.name for path in Path(work_dir).glob('*.pth'))


@pytest.mark.parametrize('epoch', [1, 2, 3])
def test_killed_evaluation_is_made_up_for(train, epoch):
    values = [0.1, 0.9, 0.5] if epoch < 3 else [0.1, 0.5, 0.9]
    straight = train('straight', values)
    train('killed', values[:epoch - 1], error=StopIteration)  # there is no value
    resumed = train('killed', values[epoch - 1:], resume=epoch)
    assert find_difference(read_end_state(straight), read_end_state(resumed)) is None
    assert f'best_knn_top1_epoch_{values.index(0.9) + 1}.pth' in names(resumed)


def history(work_dir):
    checkpoint = read_end_state(work_dir)['epoch_3.pth']
    return checkpoint['message_hub']['log_scalars']['val/knn/top1'].data[0].tolist()


def test_finished_evaluation_that_the_checkpoint_lacks_is_repeated(train):
    train('run', [0.9, 0.1], error=StopIteration)  # epoch_2.pth was saved before its evaluation
    assert history(train('run', [0.1, 0.95], resume=2)) == [0.9, 0.1, 0.95]


def test_evaluation_that_the_checkpoint_has_is_not_repeated(train):
    train('run', [0.1, 0.9], error=StopIteration)  # epoch_2.pth was saved again as the best one
    assert history(train('run', [0.95], resume=2)) == [0.1, 0.9, 0.95]


def test_no_evaluation_that_is_not_due(train):
    train('run', [], error=StopIteration, val_interval=2)
    train('run', [], error=StopIteration, resume=1, val_interval=2)
    assert history(train('run', [0.1, 0.2], resume=2, val_interval=2)) == [0.1, 0.2]


def test_evaluations_that_become_frequent(train):
    options = dict(val_interval=10, dynamic_intervals=[(3, 1)], max_epochs=4, interval=1)
    values = [0.1, 0.2, 0.3, 0.4]
    straight = train('straight', values, **options)
    train('run', values[:1], error=StopIteration, **options)  # killed in the evaluation of epoch 3
    resumed = train('run', values[1:], resume=3, **options)
    assert find_difference(read_end_state(straight)['log'], read_end_state(resumed)['log']) is None


def test_new_best_one_between_checkpoints_is_saved_whole(train):
    options = dict(max_epochs=4, interval=2)
    straight = train('straight', [0.1, 0.2, 0.3, 0.1], **options)
    assert names(straight) == ['best_knn_top1_epoch_3.pth', 'epoch_3.pth', 'epoch_4.pth']
    train('killed', [0.1, 0.2], error=StopIteration, **options)
    resumed = train('killed', [0.3, 0.1], resume=2, **options)
    assert find_difference(read_end_state(straight), read_end_state(resumed)) is None
