"""Curves from the logs of a training."""
import json
import re

import pytest

from hico_mm.benchmark.run_log import read_curves


def train(step, epoch, **values):
    return dict(values, epoch=epoch, iter=step, step=step)


def write(path, *records, end=''):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('\n'.join(map(json.dumps, records)) + end)
    return path


UNTRAINED = {'knn/top1': 0.2, 'time': 3., 'step': 0}
# Two epochs of 10 iterations, logged every 5, then one more.
FIRST = [UNTRAINED, train(5, 1, loss_clip=4.), train(10, 1, loss_clip=3.),
         {'knn/top1': 0.3, 'step': 1}, train(15, 2, loss_clip=2.), train(20, 2, loss_clip=1.),
         {'knn/top1': 0.4, 'step': 2}]


def test_both_kinds_of_records_are_over_epochs(tmp_path):
    training, validation = read_curves(write(tmp_path / 'scalars.json', *FIRST))
    assert training['loss_clip'] == {0.5: 4, 1.0: 3, 1.5: 2, 2.0: 1}
    assert validation == {'knn/top1': {0: 0.2, 1: 0.3, 2: 0.4}}


@pytest.mark.parametrize('later, losses, accuracies', [
    # Resumed from epoch 1: what the first run did in epoch 2 is void.
    ([train(12, 2, loss_clip=9.), train(20, 2, loss_clip=8.)],
     {0.5: 4, 1.0: 3, 1.2: 9, 2.0: 8}, {0: 0.2, 1: 0.3}),
    # Resumed from epoch 2.
    ([train(25, 3, loss_clip=9.), train(30, 3, loss_clip=8.), {'knn/top1': 0.5, 'step': 3}],
     {0.5: 4, 1.0: 3, 1.5: 2, 2.0: 1, 2.5: 9, 3.0: 8}, {0: 0.2, 1: 0.3, 2: 0.4, 3: 0.5}),
    # Complete when it was resumed, and evaluated again.
    ([{'knn/top1': 0.6, 'step': 2}], {0.5: 4, 1.0: 3, 1.5: 2, 2.0: 1}, {0: 0.2, 1: 0.3, 2: 0.6}),
    # Started anew.
    ([{'knn/top1': 0.1, 'step': 0}, train(10, 1, loss_clip=9.)], {1.0: 9}, {0: 0.1}),
    # Killed at once.
    ([], {0.5: 4, 1.0: 3, 1.5: 2, 2.0: 1}, {0: 0.2, 1: 0.3, 2: 0.4}),
])
def test_later_runs_replace_what_they_repeat(tmp_path, later, losses, accuracies):
    write(tmp_path / '20250102_000000/vis_data/scalars.json', *later)
    write(tmp_path / '20250101_000000/vis_data/scalars.json', *FIRST)
    training, validation = read_curves(str(tmp_path))
    assert training['loss_clip'] == losses
    assert validation['knn/top1'] == accuracies


def test_a_half_written_last_line_is_left_out(tmp_path):
    log = write(tmp_path / 'scalars.json', *FIRST, end='\n{"loss_clip": 0.5, "ep')
    assert read_curves(log)[0]['loss_clip'] == {0.5: 4, 1.0: 3, 1.5: 2, 2.0: 1}


@pytest.mark.parametrize('content, message', [
    ('{"a": \n{"step": 1}', 'scalars.json, line 1, is no record of scalars with their step'),
    ('{"step": 1}\n{"a": 1}', 'scalars.json, line 2, is no record of scalars with their step'),
    ('3', 'scalars.json, line 1, is no record of scalars with their step'),
])
def test_other_files_are_refused(tmp_path, content, message):
    (tmp_path / 'scalars.json').write_text(content)
    with pytest.raises(ValueError, match=re.escape(message)):
        read_curves(str(tmp_path / 'scalars.json'))


@pytest.mark.parametrize('name', ['', 'gone'])
def test_a_folder_without_logs_is_refused(tmp_path, name):
    with pytest.raises(FileNotFoundError, match=r'has no \*/vis_data/scalars.json and is no such file'):
        read_curves(str(tmp_path / name))
