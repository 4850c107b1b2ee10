import numpy as np
import pytest

from hico_mm.datasets.raw.npy_array import read_array, with_persons


@pytest.mark.parametrize('shape', [(4, 5, 3), (1, 4, 5, 3), (2, 4, 5, 3)])
def test_shapes(tmp_path, shape):
    array = np.arange(np.prod(shape)).reshape(shape)
    np.save(tmp_path / 'a.npy', array)
    expected = array if array.ndim == 4 else array[None]
    np.testing.assert_array_equal(read_array(tmp_path / 'a.npy'), expected)


@pytest.mark.parametrize('shape', [(5, 3), (1, 1, 4, 5, 3), ()])
def test_other_shapes(shape):
    with pytest.raises(ValueError, match=r'^mine has the shape \(.*but \(T, V, C\) or, with several'):
        with_persons(np.zeros(shape), 'mine')
