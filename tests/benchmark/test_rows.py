"""From results of steps to rows."""
import pytest

from hico_mm.benchmark.rows import make_rows
from hico_mm.benchmark.steps import Step


def result(value, **changes):
    return dict(dict(value=value, last_epoch=80, best=dict(value=value + 1, epoch=70), seconds=10.0,
                     samples_per_second=100.0, commit='abc1234', smoke=False), **changes)


def test_mean_and_sample_standard_deviation_over_seeds_and_draws():
    finished = {
        Step('hico_ntu60', 1, 'semi', labels=0.01, draw=0): result(
            59.0, best=dict(value=61.0, epoch=55), samples_per_second=400.0, commit='def5678'),
        Step('hico_ntu60', 0, 'semi', labels=0.1, draw=0): result(70.0),
        Step('hico_ntu60', 0, 'semi', labels=0.01, draw=0): result(50.0, seconds=20.0),
        Step('hico_ntu60', 0, 'semi', labels=0.01, draw=1): result(53.0),
    }
    one_percent, ten_percent = make_rows(finished)
    assert one_percent == dict(
        config='hico_ntu60', task='semi', labels=0.01, encoder='pretrained', metric='acc/top1',
        values=[50.0, 53.0, 59.0], mean=54.0, std=pytest.approx(21**0.5), last_epoch=80,
        best=dict(mean=pytest.approx(166 / 3), epoch=[70, 70, 55]), paper=54.4, smoke=False,
        commit='abc1234, def5678', seconds=pytest.approx(40 / 3), samples_per_second=200.0)
    assert (ten_percent['values'], ten_percent['std'], ten_percent['paper']) == ([70.0], None, 73.0)


def test_the_papers_number_is_that_of_the_pretrained_encoder():
    def rows(smoke):
        return make_rows({Step('hico_ntu60', 0, 'knn', encoder): result(1.0, smoke=smoke)
                          for encoder in ('pretrained', 'untrained')})

    assert [row['paper'] for row in rows(smoke=False)] == [68.3, None]
    assert [row['paper'] for row in rows(smoke=True)] == [None, None]
    assert [(row['metric'], row['smoke']) for row in rows(smoke=True)] == [('knn/top1', True)] * 2


def test_unknown_values_stay_unknown():
    steps = {Step('hico_ntu60', seed, 'knn', 'untrained'): result(
        1.0, last_epoch=None, best=None, seconds=None, samples_per_second=None) for seed in range(2)}
    row, = make_rows(steps)
    assert [row[key] for key in ('last_epoch', 'best', 'seconds', 'samples_per_second')] == [None] * 4


def test_best_is_unknown_if_one_is():
    steps = {Step('c', 0, 'knn'): result(1.0), Step('c', 1, 'knn'): result(1.0, best=None)}
    assert make_rows(steps)[0]['best'] is None


def test_rows_are_in_the_order_of_the_tasks():
    tasks = ['pretrain', 'linear', 'knn', 'semi', 'finetune', 'fusion']
    steps = {Step('c', 0, task, encoder): result(1.0, config='c')
             for task in reversed(tasks) for encoder in ('untrained', 'pretrained')}
    assert [(row['task'], row['encoder']) for row in make_rows(steps)] == [
        (task, encoder) for task in tasks for encoder in ('pretrained', 'untrained')]
    steps = {Step('c', 0, 'semi', labels=labels): result(1.0) for labels in (0.5, 0.1, 1.0)}
    assert [row['labels'] for row in make_rows(steps)] == [0.1, 0.5, 1.0]


def test_a_pretraining_is_named_after_the_config_that_evaluated_it():
    row, = make_rows({Step('hico_pku1', 0, 'pretrain'): result(1.0, config='hico_pku1_to_pku2')})
    assert row['config'] == 'hico_pku1_to_pku2'
