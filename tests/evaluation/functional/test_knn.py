from collections import Counter

import pytest
import torch

from hico_mm.evaluation.functional import find_nearest, knn_predict

GALLERY = torch.tensor([[1., 0.], [0., 2.], [3., 3.], [-1., 0.]])
QUERY = torch.tensor([[2., 0.1], [0., 5.]])


@pytest.mark.parametrize('chunk_size', [1, 3, 4])
def test_neighbours_by_hand_with_the_same_sequence_last(chunk_size):
    values, indices = find_nearest(QUERY, GALLERY, 2, chunk_size=chunk_size)
    assert indices.tolist() == [[0, 2], [1, 2]]
    torch.testing.assert_close(values[1], torch.tensor([1., 0.5**0.5]))
    values, indices = find_nearest(QUERY, GALLERY, 9, 'euclidean', chunk_size)
    assert indices[0].tolist() == [0, 1, 3, 2] and indices[1, :2].tolist() == [1, 2]
    torch.testing.assert_close(values[1, :2], torch.tensor([-3., -13**0.5]))

    same = torch.zeros(2, 4, dtype=torch.bool)
    same[1, 1] = True
    values, indices = find_nearest(QUERY, GALLERY, 4, chunk_size=chunk_size, same=same)
    assert indices[0].tolist() == [0, 2, 1, 3] and indices[1, [0, 3]].tolist() == [2, 1]
    assert values[1, 3] == -torch.inf and values[:, :3].isfinite().all()


def slow_similarity(a, b, similarity):
    if similarity == 'euclidean':
        return -sum((x - y)**2 for x, y in zip(a, b, strict=True))**0.5
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    return dot / (sum(x * x for x in a) * sum(y * y for y in b))**0.5


def slow_predict(query, gallery, labels, k, similarity):
    predicted = []
    for q in query.tolist():
        order = sorted(range(len(gallery)), reverse=True,
                       key=lambda i: slow_similarity(q, gallery[i].tolist(), similarity))
        neighbours = [labels[i].item() for i in order[:k]]
        votes = Counter(neighbours)
        predicted.append(next(x for x in neighbours if votes[x] == max(votes.values())))
    return predicted


@pytest.mark.parametrize('similarity', ['cosine', 'euclidean'])
@pytest.mark.parametrize('k', [1, 2, 5, 12])
@pytest.mark.parametrize('chunk_size', [1, 5, 100])
def test_equals_slow_loop(similarity, k, chunk_size):
    query, gallery = torch.randn(11, 3), torch.randn(23, 3) * torch.rand(23, 1)
    labels = torch.randint(4, (23, ))
    predicted = knn_predict(query, gallery, labels, k, similarity, chunk_size)
    assert predicted.tolist() == slow_predict(query, gallery, labels, k, similarity)


@pytest.mark.parametrize('k, label', [(1, 7), (2, 7), (3, 9), (4, 9), (5, 9)])
def test_votes_and_ties(k, label):
    # From near to far the neighbours have labels 7, 9, 9, 5, 5.
    gallery = torch.tensor([[5.], [4.], [3.], [2.], [1.]])
    labels = torch.tensor([5, 5, 9, 9, 7])
    assert knn_predict(torch.zeros(1, 1), gallery, labels, k, 'euclidean').tolist() == [label]


def test_cosine_ignores_length_and_is_the_default_and_there_may_be_no_queries():
    gallery, labels = torch.tensor([[1., 1.], [100., 0.]]), torch.tensor([3, 4])
    query = torch.tensor([[0.1, 0.09], [10., 1.]])
    assert knn_predict(query, gallery, labels).tolist() == [3, 4]
    assert knn_predict(query, gallery, labels, similarity='euclidean').tolist() == [3, 3]
    assert knn_predict(torch.zeros(0, 2), torch.ones(3, 2), torch.arange(3)).shape == (0, )


@pytest.mark.parametrize('settings, message', [
    (dict(similarity='dot'), r"similarity='dot' is unknown. Choose .* \['cosine', 'euclidean'\]"),
    (dict(k=0), 'k=0 must be a positive integer'),
    (dict(k=1.5), 'k=1.5 must be a positive integer'),
    (dict(chunk_size=0), 'chunk_size=0 must be a positive integer'),
    (dict(k=4), 'k=4 is larger than the gallery of 3 sequences'),
    (dict(query=torch.zeros(2, 5)), 'The queries have 5 channels, the gallery 2'),
])
def test_refuses(settings, message):
    arguments = dict(query=torch.zeros(2, 2), gallery=torch.zeros(3, 2), labels=torch.arange(3))
    with pytest.raises(ValueError, match=message):
        knn_predict(**{**arguments, **settings})
