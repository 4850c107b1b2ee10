import numpy as np
import pytest

from hico_mm.datasets.gaps import fill_gaps

N = np.nan


@pytest.mark.parametrize('column, longest, expected', [
    ([1, N, N, 4, N, 6], 2, [1, 2, 3, 4, 5, 6]),
    ([N, N, 3, 5, N], 2, [3, 3, 3, 5, 5]),  # held at both ends
    ([2, N, 0, N, 6], 1, [2, 3, 0, 5, 6]),  # a zero is no position
    ([0, N, 0], 1, [0, 0, 0]),
    ([1, N, N, 4], 0, [1, N, N, 4]),
])
@pytest.mark.parametrize('dtype', ['float32', 'float16', 'float64'])
def test_gaps_by_hand(column, longest, expected, dtype):
    """In joint 1 of person 1; the others stay as they are, and so does the array given."""
    keypoint = np.arange(2. * len(column) * 3 * 3).reshape(2, -1, 3, 3).astype(dtype)
    keypoint[1, :, 1] = 0
    wanted = keypoint.copy()
    keypoint[1, :, 1, 2], wanted[1, :, 1, 2] = column, expected
    given = keypoint.copy()
    filled = fill_gaps(keypoint, longest, 'x')
    np.testing.assert_array_equal(filled, wanted)
    np.testing.assert_array_equal(keypoint, given)
    assert filled.dtype == dtype


@pytest.mark.parametrize('column, message', [
    ([N, 1, N, N, N, 2], 'a.npy: joint 1 of person 0 .* from frame 2 to 4, but gaps of at most 2'),
    ([N, N], 'a.npy: joint 1 of person 0 .* from frame 0 to 1'),
])
def test_longer_gaps_are_refused(column, message):
    keypoint = np.ones((1, len(column), 2, 3))
    keypoint[0, :, 1, 0] = column
    with pytest.raises(ValueError, match=message):
        fill_gaps(keypoint, 2, 'a.npy')
    with pytest.raises(ValueError, match='fill_gaps is -1, .* from 0'):
        fill_gaps(np.ones((1, 2, 2, 3), int), -1, 'a.npy')
