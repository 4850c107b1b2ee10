import numpy as np
import pytest
import torch

from hico_mm.evaluation.functional import knn_predict
from hico_mm.inference.gallery import Gallery, load_gallery
from hico_mm.inference.recordings import Recording
from hico_mm.inference.results import Neighbour

FEATURE = np.array([[1, 0], [0, 2], [3, 3], [-1, 0]], np.float32)
GALLERY = Gallery(FEATURE, list('abcd'), [0, 1, 1, None], ['walk', 'wave', 'wave', None])


def test_neighbours_by_hand():
    first, second = GALLERY.find(np.array([[2, 0.1], [0, 5]], np.float32), 2)
    assert [neighbour.name for neighbour in first] == ['a', 'c']
    assert first[0].similarity == pytest.approx(2 / np.sqrt(4.01))
    assert second[0] == Neighbour('b', pytest.approx(1), 1, 'wave')
    assert second[1].similarity == pytest.approx(np.sqrt(0.5))
    assert len(GALLERY.find(FEATURE, 9)[0]) == 4  # all that there are


def test_a_sequence_is_not_its_own_neighbour():
    query = np.array([[2, 0.1], [2, 0.1]], np.float32)
    first, second = GALLERY.find(query, 4, ['a', None])
    assert [neighbour.name for neighbour in first] == ['c', 'b', 'd']
    assert [neighbour.name for neighbour in second] == ['a', 'c', 'b', 'd']
    assert Gallery(FEATURE[:1], ['a'], [0], ['walk']).find(query, 4, ['a', 'a']) == [(), ()]


@pytest.mark.parametrize('of_gallery, of_recording, name', [
    ('own.pkl', 'own.pkl', 'a'), ('own.pkl', 'other.pkl', None), ('own.pkl', None, None),
    (None, 'own.pkl', 'a'), (None, None, None)])
def test_the_same_sequence_has_the_same_name_in_the_same_file(of_gallery, of_recording, name):
    gallery = Gallery(FEATURE, list('abcd'), [None] * 4, [None] * 4, of_gallery)
    assert gallery.name_of(Recording('a', np.ones((1, 1, 1, 3)), file=of_recording)) == name


def test_the_nearest_is_that_of_retrieval():
    generator = np.random.default_rng(0)
    feature = generator.normal(size=(40, 6)).astype(np.float32)
    labels = generator.integers(9, size=40)
    gallery = Gallery(feature, list(map(str, range(40))), labels.tolist(), [None] * 40)
    query = generator.normal(size=(30, 6)).astype(np.float32)
    expected = knn_predict(*map(torch.from_numpy, (query, feature, labels)))
    assert [neighbours[0].label for neighbours in gallery.find(query, 3)] == expected.tolist()


@pytest.fixture
def write(tmp_path):
    def write_file(**arrays):
        np.savez(tmp_path / 'gallery.npz', **{'feature': FEATURE, 'frame_dir': np.array(list('abcd')),
                                              **arrays})
        return load_gallery(str(tmp_path / 'gallery.npz'), 2, 'abc')

    return write_file


def test_feature_files(write):
    gallery = write(label=np.array([0, 1, -1, 5]))
    np.testing.assert_array_equal(gallery.feature, FEATURE)
    assert gallery.names == list('abcd')
    assert gallery.labels == [0, 1, None, 5]
    assert gallery.class_names == ['class 0', 'class 1', None, 'class 5']
    named = write(label=np.array([0, 1, 1, 1]), class_name=np.array(['go', '', 'hi', '']), encoder='abc')
    assert named.class_names == ['go', 'class 1', 'hi', 'class 1']
    assert write().labels == [None] * 4


@pytest.mark.parametrize('arrays, message', [
    (dict(feature=FEATURE[:, :1]), r'shape \(4, 1\), but this encoder gives \(sequences, 2\): they are'),
    (dict(feature=FEATURE[0]), r'features of the shape \(2,\)'),
    (dict(feature=FEATURE[:0]), r'features of the shape \(0, 2\)'),
    (dict(encoder='xyz'), 'features of the encoder xyz, but this one is abc: other weights or settings'),
    (dict(feature=FEATURE * np.nan), 'has NaN or infinite features. Extract it by the encoder'),
])
def test_galleries_of_other_features_are_refused(write, arrays, message):
    with pytest.raises(ValueError, match=message):
        write(**arrays)


def test_a_file_without_features(tmp_path):
    np.savez(tmp_path / 'other.npz', label=np.zeros(3))
    with pytest.raises(ValueError, match='other.npz needs the arrays feature and frame_dir'):
        load_gallery(str(tmp_path / 'other.npz'), 2, 'abc')
    with pytest.raises(FileNotFoundError, match='gone.npz does not exist'):
        load_gallery('gone.npz', 2, 'abc')
