import numpy as np
import pytest

from hico_mm.visualization.neighbours import classify, find_neighbours

GALLERY = dict(
    feature=np.array([[2., 0.], [3., 3.], [0., 1.], [-1., 0.]], dtype=np.float32),
    label=np.array([4, 5, 6, 7]), frame_dir=np.array(['a', 'b', 'c', 'd']))
QUERIES = dict(
    feature=np.array([[1., 0.1], [0., 5.], [4., 3.9]], dtype=np.float32), label=np.array([4, 5, -1]),
    frame_dir=np.array(['x', 'c', 'y']))


def test_neighbours_come_nearest_first():
    neighbours, values = find_neighbours(QUERIES, GALLERY, np.array([0, 2]), 2)
    assert neighbours.tolist() == [[0, 1], [1, 0]]
    length = np.sqrt(1.01)
    np.testing.assert_allclose(values[0], [1 / length, 1.1 / length / np.sqrt(2)], rtol=1e-5)


def test_a_sequence_is_not_its_own_neighbour():
    neighbours, _ = find_neighbours(QUERIES, GALLERY, np.array([1]), 3)
    assert neighbours.tolist() == [[1, 0, 3]] or neighbours.tolist() == [[1, 3, 0]]


def test_euclidean_neighbours():
    neighbours, values = find_neighbours(QUERIES, GALLERY, np.array([1]), 1, 'euclidean')
    assert neighbours.tolist() == [[1]]
    np.testing.assert_allclose(values, [[-np.sqrt(13)]], rtol=1e-5)


@pytest.mark.parametrize('k', [0, 4])
def test_k_out_of_range_is_refused(k):
    with pytest.raises(ValueError, match=f'--k {k} has to be at least 1 and below the 4 sequences'):
        find_neighbours(QUERIES, GALLERY, np.array([0]), k)


def test_features_of_another_size_are_refused():
    other = dict(QUERIES, feature=np.zeros((3, 5), dtype=np.float32))
    with pytest.raises(ValueError, match='The queries have 5 channels, the gallery 2. Extract both'):
        find_neighbours(other, GALLERY, np.array([0]), 1)


def test_neighbours_vote():
    labelled = dict(QUERIES, label=np.array([4, 5, 6]))
    assert classify(labelled, GALLERY).tolist() == [4, 6, 5]
    assert classify(labelled, GALLERY, similarity='euclidean').tolist() == [4, 5, 5]


def test_voting_needs_labels():
    with pytest.raises(ValueError, match='Of the queries, 1 sequences have no label. Use features of'):
        classify(QUERIES, GALLERY)
