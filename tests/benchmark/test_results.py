"""From results of steps to rows."""
import json

import pytest

from hico_mm.benchmark.results import make_rows, write_results
from hico_mm.benchmark.steps import Step


def result(value, **changes):
    return dict(dict(value=value, last_epoch=80, best=dict(value=value + 1, epoch=70), seconds=10.0,
                     samples_per_second=100.0, commit='abc1234'), **changes)


def test_mean_and_sample_standard_deviation_over_seeds_and_draws():
    finished = [
        (Step('hico_ntu60', 0, 'semi', labels=0.01, draw=0), result(50.0, seconds=20.0)),
        (Step('hico_ntu60', 0, 'semi', labels=0.1, draw=0), result(70.0)),
        (Step('hico_ntu60', 0, 'semi', labels=0.01, draw=1), result(53.0)),
        (Step('hico_ntu60', 1, 'semi', labels=0.01, draw=0),
         result(59.0, best=dict(value=61.0, epoch=55), samples_per_second=400.0, commit='def5678')),
    ]
    one_percent, ten_percent = make_rows(finished)
    assert one_percent == dict(
        config='hico_ntu60', task='semi', labels=0.01, encoder='pretrained', metric='acc/top1',
        values=[50.0, 53.0, 59.0], mean=54.0, std=pytest.approx(21**0.5), last_epoch=80,
        best=dict(mean=pytest.approx(166 / 3), epoch=[70, 70, 55]), paper=54.4, smoke=False,
        commit='abc1234, def5678', seconds=pytest.approx(40 / 3), samples_per_second=200.0)
    assert (ten_percent['values'], ten_percent['std'], ten_percent['paper']) == ([70.0], None, 73.0)


def test_the_papers_number_is_that_of_the_pretrained_encoder():
    steps = [(Step('hico_ntu60', 0, 'knn', encoder), result(1.0))
             for encoder in ('pretrained', 'untrained')]
    assert [row['paper'] for row in make_rows(steps)] == [68.3, None]
    assert [row['paper'] for row in make_rows(steps, smoke=True)] == [None, None]
    assert [row['metric'] for row in make_rows(steps)] == ['knn/top1'] * 2


def test_unknown_values_stay_unknown():
    steps = [(Step('hico_ntu60', seed, 'knn', 'untrained'),
              result(1.0, last_epoch=None, best=None, seconds=None, samples_per_second=None))
             for seed in range(2)]
    row, = make_rows(steps)
    assert [row[key] for key in ('last_epoch', 'best', 'seconds', 'samples_per_second')] == [None] * 4


def test_rows_of_earlier_runs_stay_and_are_replaced_by_their_like(tmp_path):
    linear, knn = (make_rows([(Step('c', 0, task), result(1.0))]) for task in ('linear', 'knn'))
    write_results(tmp_path, linear + knn, dict(seeds=1))
    newer = make_rows([(Step('c', 0, 'knn'), result(2.0)), (Step('d', 0, 'knn'), result(3.0))])
    rows = write_results(tmp_path, newer, dict(seeds=2))
    assert [(row['config'], row['task'], row['mean']) for row in rows] == [
        ('c', 'linear', 1.0), ('c', 'knn', 2.0), ('d', 'knn', 3.0)]
    written = json.loads((tmp_path / 'results.json').read_text())
    assert written['rows'] == rows and written['asked'] == dict(seeds=2)
    assert {'python', 'torch', 'mmengine', 'mmaction', 'hico_mm'} <= written['versions'].keys()
    assert written['device']
    assert '| d | knn |' in (tmp_path / 'results.md').read_text()
