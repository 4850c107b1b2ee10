"""What a benchmark cannot be asked for."""
import re

import pytest

from hico_mm.benchmark.options import check_checkpoints, check_numbers, check_sort, check_tasks


def test_accepts():
    check_numbers(1, 1)
    check_tasks(['linear', 'knn'], [0.01, 0.1, 1])
    check_tasks([], [])
    check_sort(None, ['config'])
    check_sort('knn', ['config', 'knn'])


@pytest.mark.parametrize('numbers, message', [
    ((0, 1), '--seeds 0: expected at least 1.'), ((1, -1), '--draws -1: expected at least 1.')])
def test_refuses_numbers(numbers, message):
    with pytest.raises(ValueError, match=message):
        check_numbers(*numbers)


@pytest.mark.parametrize('tasks, labels, message', [
    ([], [0.1, 1.5], '--labels 1.5: expected fractions above 0 and up to 1'),
    ([], [0.0], '--labels 0: expected'),
    (['knn', 'linear', 'knn'], [], '--tasks knn linear knn: name each once'),
    ([], [0.1, 0.5, 0.1], '--labels 0.1 0.5 0.1: name each once'),
    ([], [0.1, 0.10000001], '--labels 0.1 0.1: name each once'),
])
def test_refuses_tasks(tasks, labels, message):
    with pytest.raises(ValueError, match=message):
        check_tasks(tasks, labels)


@pytest.mark.parametrize('number, seeds, configs', [
    (0, 3, 3), (1, 1, 1), (1, 2, 2), (3, 3, 2), (6, 3, 2), (2, 1, 2), (4, 2, 2)])
def test_accepts_checkpoints(number, seeds, configs):
    check_checkpoints(number, seeds, configs)


@pytest.mark.parametrize('number, seeds, configs, message', [
    (2, 3, 1, 'names 2 files for 3 seed(s) and 1 config(s). Name one, one per seed (3)'),
    (3, 1, 2, 'one per seed for each config in turn (2)'),
    (1, 1, 0, '--checkpoint names 1 files, but supervised configs take none. Leave it out'),
    (2, 2, 2, 'names 2 files, which may be one per seed or one per config. Name seeds x configs = 4'),
])
def test_refuses_checkpoints(number, seeds, configs, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        check_checkpoints(number, seeds, configs)


def test_refuses_to_sort_by_a_column_that_is_not_there():
    with pytest.raises(ValueError, match='^--sort linear: the comparison has no such column. Name one '
                                         'of config, knn, parameters.$'):
        check_sort('linear', ['config', 'knn', 'parameters'])
