"""Evaluations and speed of a training."""
from types import SimpleNamespace

import pytest
from mmengine.logging import HistoryBuffer, MessageHub

from hico_mm.benchmark.run_log import (
    EvaluationsHook,
    best_evaluation,
    iteration_times,
    metric_value,
    read_evaluations,
    samples_per_second,
)


def test_evaluations_are_kept_through_interruptions(tmp_path):
    assert read_evaluations(tmp_path) == {}
    # An interrupted run, then one that resumes after epoch 1 and repeats epoch 2.
    for epoch, value in [(0, .1), (1, .2), (2, .3), (2, .4), (3, .5)]:
        runner = SimpleNamespace(work_dir=str(tmp_path), epoch=epoch)
        EvaluationsHook('acc/top1').after_val_epoch(runner, {'acc/top1': value, 'acc/top5': 1.0})
    assert read_evaluations(tmp_path) == {0: .1, 1: .2, 2: .4, 3: .5}


@pytest.mark.parametrize('metrics, given', [({'acc/top5': 1.0, 'a': 0.0}, r"\['a', 'acc/top5'\]"),
                                            (None, r'\[\]')])
def test_a_missing_metric_is_named_with_what_is_there(tmp_path, metrics, given):
    runner = SimpleNamespace(work_dir=str(tmp_path), epoch=1)
    for measure in (lambda: EvaluationsHook('acc/top1').after_val_epoch(runner, metrics),
                    lambda: metric_value(metrics, 'acc/top1')):
        with pytest.raises(KeyError, match=f"gives {given}, but 'acc/top1' is expected"):
            measure()


@pytest.mark.parametrize('evaluations, expected', [
    ({1: .5, 2: .7, 3: .6}, (2, .7)),
    ({10: .7, 20: .7}, (10, .7)),
    ({0: .9, 5: .1}, (5, .1)),  # 0 is untrained
])
def test_best_epoch(evaluations, expected):
    assert best_evaluation(evaluations) == expected


def test_speed_leaves_out_the_first_iterations():
    assert samples_per_second([9.0] * 10 + [0.5] * 30, 64) == 128.0
    assert samples_per_second([9.0, 9.0, 2.0, 2.0], 64) == 32.0  # half, if there are few
    assert samples_per_second([2.0], 64) == 32.0


def test_iteration_times_are_those_of_the_message_hub():
    hub = MessageHub('times', dict(train_time=HistoryBuffer()))
    for time in (1.0, 2.5):
        hub.update_scalar('train/time', time)
    assert iteration_times(hub) == [1.0, 2.5]
