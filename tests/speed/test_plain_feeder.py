import numpy as np
import pytest

from hico_mm.datasets.transforms.spatial import transform_joints
from hico_mm.datasets.transforms.temporal import resize_frames
from hico_mm.speed.plain_feeder import PlainFeeder, _multiply


@pytest.fixture
def keypoints():
    rng = np.random.default_rng(0)
    return [rng.normal(size=(persons, frames, 25, 3)).astype(np.float32)
            for persons, frames in ((1, 70), (2, 40), (1, 310))]


def as_keypoint(array):
    """(C, T, V, M) -> (M, T, V, C)."""
    return array.transpose(3, 1, 2, 0)


def test_arrays_are_those_of_the_released_code(keypoints):
    arrays = PlainFeeder(keypoints).arrays
    assert arrays.shape == (3, 3, 310, 25, 2)  # 300 frames unless one is longer
    assert PlainFeeder(keypoints[:2]).arrays.shape == (2, 3, 300, 25, 2)
    for array, keypoint in zip(arrays, keypoints, strict=True):
        persons, frames = keypoint.shape[:2]
        np.testing.assert_array_equal(as_keypoint(array)[:persons, :frames], keypoint)
        assert not array[..., persons:].any()
        assert not array[:, frames:].any()


@pytest.mark.parametrize('index', [0, 1, 2])
def test_whole_sequences_are_resized_as_by_us(index, keypoints):
    keypoint = keypoints[index]
    feeder = PlainFeeder(keypoints, min_ratio=1)
    array = feeder.arrays[index][:, :keypoint.shape[1]]
    resized = as_keypoint(feeder._crop(array))[:len(keypoint)]
    np.testing.assert_allclose(resized, resize_frames(keypoint, 64), atol=1e-5)


def test_channels_are_multiplied_as_by_us(keypoints):
    matrix = np.arange(9, dtype=np.float32).reshape(3, 3)
    expected = transform_joints(keypoints[1], matrix)
    array = _multiply(keypoints[1].transpose(3, 1, 2, 0), matrix)
    np.testing.assert_allclose(as_keypoint(array), expected, atol=1e-5)


def test_views_are_augmented_one_by_one(keypoints):
    np.random.seed(0)
    feeder = PlainFeeder(keypoints)
    views = np.stack([feeder[0] for _ in range(60)]).reshape(120, 3, 64, 25, 2)
    assert views.dtype == np.float32
    zeros = (views[..., 0] == 0).all(axis=(1, 2)).sum(axis=1)  # joints of each view
    assert set(zeros.tolist()) == {0, 15}
    assert 0.1 < (zeros == 15).mean() < 0.4  # a quarter
    assert len({view.tobytes() for view in views}) == 120
    assert feeder.arrays[0].any(axis=(0, 2, 3)).sum() == 70  # the sequence itself is as it was
