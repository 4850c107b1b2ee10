"""The files of results."""
import json

from hico_mm.benchmark.results import add_result, read_steps
from hico_mm.benchmark.rows import make_rows
from hico_mm.benchmark.steps import Step


def result(value, **changes):
    return dict(dict(value=value, last_epoch=80, best=dict(value=value + 1, epoch=70), seconds=10.0,
                     samples_per_second=100.0, commit='abc1234', smoke=False), **changes)


def summary(rows):
    return [(row['config'], row['task'], row['values']) for row in rows]


def test_steps_of_earlier_runs_stay_and_are_replaced_by_themselves(tmp_path):
    add_result(tmp_path, Step('c', 0, 'linear'), result(1.0), {})
    for seed in (0, 2, 1):
        add_result(tmp_path, Step('c', seed, 'knn'), result(10.0 + seed), {})
    rows = add_result(tmp_path, Step('c', 0, 'knn'), result(20.0), dict(seeds=1))
    assert summary(rows) == [('c', 'linear', [1.0]), ('c', 'knn', [20.0, 11.0, 12.0])]
    written = json.loads((tmp_path / 'results.json').read_text())
    assert written['rows'] == rows and written['asked'] == dict(seeds=1)
    assert written['steps']['c/seed_2/knn'] == dict(
        step=dict(config='c', seed=2, task='knn', encoder='pretrained', labels=None, draw=0),
        result=result(12.0))
    assert {'python', 'torch', 'mmcv', 'mmengine', 'mmaction', 'hico_mm'} <= written['versions'].keys()
    assert written['device']
    assert '| c | knn |' in (tmp_path / 'results.md').read_text()
    assert read_steps(tmp_path)[0] == (Step('c', 0, 'linear'), result(1.0))


def test_no_steps_before_the_first(tmp_path):
    assert read_steps(tmp_path) == []


def test_rows_of_earlier_versions_lose_no_values(tmp_path):
    rows = make_rows([(Step('c', seed, 'knn'), result(seed + 1.0)) for seed in range(2)])
    (tmp_path / 'results.json').write_text(json.dumps(dict(rows=rows)))
    assert summary(add_result(tmp_path, Step('c', 0, 'knn'), result(5.0), {})) == [
        ('c', 'knn', [1.0, 2.0])]
    assert summary(add_result(tmp_path, Step('c', 1, 'knn'), result(6.0), {})) == [
        ('c', 'knn', [5.0, 6.0])]
