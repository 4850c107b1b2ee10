import json

import numpy as np
import pytest

from hico_mm.apis.results import Gallery, Neighbour, WindowResult, check_result_path, write_results

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
    ('a.csv', True, '--out a.csv has to end in .json or .npz'),
    ('a.json', False, 'a.json would be empty: .* Write them as .npz, or give a gallery')])
def test_unfit_files(path, has_classes, message):
    with pytest.raises(ValueError, match=message):
        check_result_path(path, has_classes)
    check_result_path('a.npz', False)
    check_result_path('a.json', True)


FEATURES = np.array([[1, 0], [0, 2], [3, 3], [-1, 0]], np.float32)
GALLERY = Gallery(dict(feature=FEATURES, frame_dir=np.array(list('abcd'))), [0, 1, 1, None],
                  ['walk', 'wave', 'wave', None])


def find(feature, k, *names):
    return GALLERY.find(dict(feature=np.array(feature, np.float32), frame_dir=np.array(names)), k)


def test_neighbours_by_hand():
    first, second = find([[2, 0.1], [0, 5]], 2, 'x', 'y')
    assert [neighbour.name for neighbour in first] == ['a', 'c']
    assert first[0].similarity == pytest.approx(2 / np.sqrt(4.01))
    assert second[0] == Neighbour('b', pytest.approx(1), 1, 'wave')
    assert second[1].similarity == pytest.approx(np.sqrt(0.5))
    # A sequence is not its own neighbour, but another one of its name is.
    first, second = find([[1, 1e-6], [1, 0.1]], 9, 'a', 'a')
    assert [neighbour.name for neighbour in first] == ['c', 'b', 'd']
    assert [neighbour.name for neighbour in second] == ['a', 'c', 'b', 'd']  # all that there are


@pytest.fixture
def write(tmp_path):
    def write_file(**arrays):
        np.savez(tmp_path / 'gallery.npz', **{'feature': FEATURES, 'frame_dir': np.array(list('abcd')),
                                              **arrays})
        return Gallery.load(str(tmp_path / 'gallery.npz'), 2, 'abc')

    return write_file


def test_feature_files(write):
    gallery = write(label=np.array([0, 1, -1, 5]))
    np.testing.assert_array_equal(gallery.arrays['feature'], FEATURES)
    assert gallery.arrays['frame_dir'].tolist() == list('abcd')
    assert gallery.labels == [0, 1, None, 5]
    assert gallery.class_names == ['class 0', 'class 1', None, 'class 5']
    named = write(label=np.array([0, 1, 1, 1]), class_name=np.array(['go', '', 'hi', '']), encoder='abc')
    assert named.class_names == ['go', 'class 1', 'hi', 'class 1']
    assert write().labels == [None] * 4


@pytest.mark.parametrize('arrays, message', [
    (dict(feature=FEATURES[:, :1]), r'shape \(4, 1\), but this encoder gives \(sequences, 2\)'),
    (dict(feature=FEATURES[0]), r'features of the shape \(2,\)'),
    (dict(feature=FEATURES[:0]), r'features of the shape \(0, 2\)'),
    (dict(encoder='xyz'), 'features of the encoder xyz, but this one is abc: other weights or settings'),
    (dict(feature=FEATURES * np.nan), 'has NaN or infinite features. Extract it by the encoder'),
])
def test_galleries_of_other_features_are_refused(write, arrays, message):
    with pytest.raises(ValueError, match=message):
        write(**arrays)
