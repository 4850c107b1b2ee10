import pytest
import torch

from hico_mm.evaluation.functional import find_nearest

GALLERY = torch.tensor([[1., 0.], [0., 2.], [3., 3.], [-1., 0.]])
QUERY = torch.tensor([[2., 0.1], [0., 5.]])


@pytest.mark.parametrize('chunk_size', [1, 3, 4])
def test_neighbours_by_hand(chunk_size):
    values, indices = find_nearest(QUERY, GALLERY, 2, chunk_size=chunk_size)
    assert indices.tolist() == [[0, 2], [1, 2]]
    torch.testing.assert_close(values[1], torch.tensor([1., 0.5**0.5]))
    values, indices = find_nearest(QUERY, GALLERY, 9, 'euclidean', chunk_size)
    assert indices[0].tolist() == [0, 1, 3, 2] and indices[1, :2].tolist() == [1, 2]
    torch.testing.assert_close(values[1, :2], torch.tensor([-3., -13**0.5]))


@pytest.mark.parametrize('chunk_size', [1, 3, 4])
def test_the_same_sequence_comes_last(chunk_size):
    same = torch.zeros(2, 4, dtype=torch.bool)
    same[1, 1] = True
    values, indices = find_nearest(QUERY, GALLERY, 4, chunk_size=chunk_size, same=same)
    assert indices[0].tolist() == [0, 2, 1, 3] and indices[1, [0, 3]].tolist() == [2, 1]
    assert values[1, 3] == -torch.inf and values[:, :3].isfinite().all()
