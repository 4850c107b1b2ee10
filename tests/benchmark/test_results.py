"""The files of results."""
import json
import shutil

import pytest

from hico_mm.benchmark.results import write_results
from hico_mm.benchmark.step_results import read_result, read_results, write_result
from hico_mm.benchmark.steps import Step


def result(value, **changes):
    return dict(dict(value=value, last_epoch=80, best=dict(value=value + 1, epoch=70), seconds=10.0,
                     samples_per_second=100.0, commit='abc1234', smoke=False), **changes)


def write(out, step, value):
    write_result(out / step.folder, step, result(value))


def test_all_that_ever_finished_is_in_the_tables(tmp_path):
    write(tmp_path, Step('c', 0, 'semi', labels=0.1), 1.0)
    for seed in (0, 2, 1):
        write(tmp_path, Step('c', seed, 'knn'), 10.0 + seed)
    write(tmp_path, Step('c', 0, 'knn'), 20.0)  # in place of the first
    write(tmp_path, Step('b', 0, 'fusion', 'untrained'), 3.0)
    (tmp_path / 'b/seed_0/unfinished').mkdir()
    shutil.copytree(tmp_path / 'c/seed_0/knn', tmp_path / 'c/seed_0/knn_old')  # kept, but no step
    write(tmp_path, Step('c', 0, 'knn'), 21.0)

    rows = write_results(tmp_path, dict(seeds=1))

    assert [(row['config'], row['task'], row['values']) for row in rows] == [
        ('b', 'fusion', [3.0]), ('c', 'knn', [21.0, 11.0, 12.0]), ('c', 'semi', [1.0])]
    written = json.loads((tmp_path / 'results.json').read_text())
    assert written['rows'] == rows and written['asked'] == dict(seeds=1) and written['pending'] == 0
    assert {'python', 'torch', 'mmcv', 'mmengine', 'mmaction', 'hico_mm'} <= written['versions'].keys()
    assert written['device']
    assert '| c | knn |' in (tmp_path / 'results.md').read_text()
    assert (tmp_path / 'comparison.md').read_text().startswith('| config |')


def test_unfinished_tables_say_so(tmp_path):
    write(tmp_path, Step('c', 0, 'knn'), 1.0)
    write_results(tmp_path, {}, pending=3)
    assert json.loads((tmp_path / 'results.json').read_text())['pending'] == 3
    for name in ('results.md', 'comparison.md'):
        first, empty, header, *_ = (tmp_path / name).read_text().splitlines()
        assert (first, empty) == ('Unfinished: 3 steps are still to come.', '')
        assert header.startswith('| config |')


def test_results_of_steps(tmp_path):
    step = Step('c', 2, 'semi', 'untrained', 0.1, 3)
    assert read_results(tmp_path) == {} and read_result(tmp_path / step.folder) is None
    write(tmp_path, step, 12.0)
    assert read_result(tmp_path / step.folder) == result(12.0)
    assert read_results(tmp_path) == {step: result(12.0)}


def test_results_of_an_earlier_version_are_refused(tmp_path):
    step = Step('c', 0, 'knn')
    write(tmp_path, step, 1.0)
    (tmp_path / step.folder / 'result.json').write_text(json.dumps(result(1.0)))
    for read, path in ((read_results, tmp_path), (read_result, tmp_path / step.folder)):
        with pytest.raises(ValueError, match='an earlier version wrote it. Choose .*, or remove .*knn'):
            read(path)
