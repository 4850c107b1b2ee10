import json

import numpy as np
import pytest

from hico_mm.inference.results import Neighbour, WindowResult, check_result_path, write_results

FEATURE = np.array([3, 4], np.float32)
PLAIN = WindowResult('a', 0, 64, FEATURE)
SCORED = WindowResult('b', 32, 96, FEATURE, 1, 'wave', np.array([0.5, 2], np.float32),
                      (('wave', 0.8), ('walk', 0.2)), predicted='wave')
NEAR = WindowResult('c', 0, 9, FEATURE, predicted='wave',
                    neighbours=(Neighbour('x/1', 0.99, 1, 'wave'), Neighbour('x/2', 0.5)))


def test_texts():
    assert PLAIN.describe() == 'a [0, 64)  feature of 2 channels, length 5.000'
    assert SCORED.describe() == 'b [32, 96)  wave 0.800, walk 0.200  (annotated: wave)'
    assert SCORED.describe(1) == 'b [32, 96)  wave 0.800  (annotated: wave)'
    assert NEAR.describe() == 'c [0, 9)  wave\n    0.990 wave (x/1)\n    0.500 (x/2)'


def test_json(tmp_path):
    path = tmp_path / 'sub/results.json'
    write_results([SCORED, NEAR], str(path), 'abc')
    first, second = json.loads(path.read_text())
    assert first == dict(
        name='b', start=32, end=96, label=1, class_name='wave', predicted='wave',
        classes=[dict(name='wave', probability=0.8), dict(name='walk', probability=0.2)])
    assert second['neighbours'] == [
        dict(name='x/1', similarity=0.99, label=1, class_name='wave'),
        dict(name='x/2', similarity=0.5, label=None, class_name=None)]


def test_arrays(tmp_path):
    write_results([PLAIN, NEAR], str(tmp_path / 'a.npz'), 'abc')
    arrays = np.load(tmp_path / 'a.npz')
    assert arrays['feature'].tolist() == [[3, 4], [3, 4]]
    assert arrays['label'].tolist() == [-1, -1] and arrays['frame_dir'].tolist() == ['a', 'c']
    assert arrays['start'].tolist() == [0, 0] and arrays['end'].tolist() == [64, 9]
    assert str(arrays['encoder']) == 'abc' and 'scores' not in arrays
    write_results([SCORED], str(tmp_path / 'b.npz'), 'abc')
    arrays = np.load(tmp_path / 'b.npz')
    assert arrays['scores'].tolist() == [[0.5, 2]] and arrays['class_name'].tolist() == ['wave']


@pytest.mark.parametrize('path, has_classes, message', [
    ('a.csv', True, r"--out a.csv has to end in one of \('.json', '.npz'\)"),
    ('a.json', False, 'a.json would be empty: .* Write them as .npz, or give a gallery')])
def test_unfit_files(path, has_classes, message):
    with pytest.raises(ValueError, match=message):
        check_result_path(path, has_classes)


@pytest.mark.parametrize('path, has_classes', [('a.npz', False), ('a.json', True)])
def test_fit_files(path, has_classes):
    check_result_path(path, has_classes)
