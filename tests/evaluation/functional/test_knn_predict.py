from collections import Counter

import pytest
import torch

from hico_mm.evaluation import knn_predict


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


def test_cosine_ignores_length():
    gallery = torch.tensor([[1., 1.], [100., 0.]])
    query = torch.tensor([[0.1, 0.09], [10., 1.]])
    assert knn_predict(query, gallery, torch.tensor([3, 4])).tolist() == [3, 4]
    assert knn_predict(query, gallery, torch.tensor([3, 4]), similarity='euclidean').tolist() == [
        3, 3]


def test_no_queries():
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
