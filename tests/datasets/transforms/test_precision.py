import numpy as np
import pytest

from hico_mm.datasets.transforms.normalize import as_float32


@pytest.mark.parametrize('dtype', [np.float16, np.float64, np.int32])
def test_numbers_stay_the_same(dtype):
    array = np.array([[-65504, 0.0], [3, 1024]]).astype(dtype)[:, ::-1]  # not contiguous
    converted = as_float32(array)
    assert converted.dtype == np.float32
    assert converted.tolist() == [[0, -65504], [1024, 3]]


def test_smallest_and_infinite_half_precision():
    array = np.array([2**-24, np.inf, -np.inf, np.nan], np.float16)
    np.testing.assert_array_equal(as_float32(array), array.astype(np.float32))


def test_single_precision_is_not_copied():
    array = np.ones(3, np.float32)
    assert as_float32(array) is array
