import numpy as np
import pytest
import torch
from torch.nn.functional import interpolate

from hico_mm.datasets.transforms import CentralCropResize, RandomCropResize
from hico_mm.datasets.transforms.temporal import resize_frames


def ramp(num_frames):
    """A sequence whose only coordinate is the frame number."""
    return np.arange(num_frames, dtype=np.float32).reshape(1, -1, 1, 1)


@pytest.mark.parametrize('length', [1, 50, 64])
@pytest.mark.parametrize('num_frames', [1, 2, 63, 64, 65, 103, 300])
def test_resize_equals_torch(num_frames, length, keypoint_of):
    keypoint = keypoint_of(2, num_frames)
    # In float32 torch rounds the position of a frame, so its result is less exact than ours.
    rows = torch.from_numpy(keypoint).double().permute(0, 2, 3, 1).flatten(1, 2)  # (M, V * C, T)
    expected = interpolate(rows, size=length, mode='linear', align_corners=False)
    expected = expected.unflatten(1, (25, 3)).permute(0, 3, 1, 2)  # (M, length, V, C)
    resized = resize_frames(keypoint, length)
    assert resized.dtype == np.float32
    np.testing.assert_allclose(resized, expected.numpy(), rtol=0, atol=1e-6)
    half = keypoint.astype(np.float16)
    np.testing.assert_array_equal(resize_frames(half, length), resize_frames(half.astype('f4'), length))


def test_recorded_central_crops(golden_dir):
    golden = torch.load(golden_dir / 'centre_crop_and_streams.pt', weights_only=True)
    transform = CentralCropResize(clip_len=golden['size'], ratio=golden['crop_ratio'])
    for case in golden['cases']:
        results = transform(dict(keypoint=case['raw'].numpy()))
        np.testing.assert_allclose(
            results['keypoint'], case['joint'].numpy(), rtol=0, atol=1e-5)
        assert results['total_frames'] == 64


@pytest.mark.parametrize(('num_frames', 'ratio', 'first', 'last'), [
    (100, 0.5, 25, 74),
    (41, 0.95, 1, 39),
    (39, 0.95, 0, 38),
    (3, 0.01, 1, 1),
    (2, 0.01, 0, 1),
    (1, 1, 0, 0),
])
def test_central_crop_frames(num_frames, ratio, first, last):
    # Resized to its own length, the crop shows its frames unchanged.
    results = CentralCropResize(clip_len=last - first + 1, ratio=ratio)(
        dict(keypoint=ramp(num_frames)))
    assert results['keypoint'].ravel().tolist() == list(range(first, last + 1))


@pytest.mark.parametrize('transform', [RandomCropResize(clip_len=32), CentralCropResize(clip_len=32)])
def test_crop_is_the_drawn_one(monkeypatch, transform, keypoint_of):
    keypoint = keypoint_of(2, 103)
    before = keypoint.copy()
    monkeypatch.setattr(transform, 'draw', lambda num_frames: (num_frames - 90, 90))
    results = transform(dict(keypoint=keypoint, total_frames=103))
    np.testing.assert_array_equal(results['keypoint'], resize_frames(before[:, 13:90], 32))
    assert results['total_frames'] == 32
    np.testing.assert_array_equal(keypoint, before)


@pytest.mark.parametrize(('num_frames', 'ratios', 'min_frames', 'lengths'), [
    (300, (0.1, 1.0), 64, (64, 299)),
    (300, (0.5, 0.6), 64, (150, 179)),
    (100, (0.1, 0.2), 1, (10, 19)),
    (100, (0.5, 0.5), 1, (50, 50)),
    (100, (1.0, 1.0), 64, (100, 100)),
    (63, (0.1, 0.2), 64, (63, 63)),
    (1, (0.1, 1.0), 1, (1, 1)),
])
def test_range_of_random_crops(num_frames, ratios, min_frames, lengths):
    np.random.seed(0)
    transform = RandomCropResize(64, *ratios, min_frames=min_frames)
    crops = np.array([transform.draw(num_frames) for _ in range(4000)])  # start, stop
    length = crops[:, 1] - crops[:, 0]
    assert (length.min(), length.max()) == lengths
    assert crops[:, 0].min() == 0
    assert crops[:, 1].max() == num_frames


def test_distribution_of_random_crops():
    np.random.seed(0)
    transform = RandomCropResize()
    crops = np.array([transform.draw(640) for _ in range(4000)])
    length = crops[:, 1] - crops[:, 0]
    # floor(640 u) has the mean 351.5, and the start is uniform in what the length leaves.
    assert length.mean() == pytest.approx(351.5, abs=10)
    assert (crops[:, 0] / (641 - length)).mean() == pytest.approx(0.5, abs=0.03)
    # Of sequences of 100 frames, u < 0.64 gives the shortest crop: 60 % of the draws.
    length = np.diff([transform.draw(100) for _ in range(4000)])
    assert (length == 64).mean() == pytest.approx(0.55 / 0.9, abs=0.03)


@pytest.mark.parametrize(('build', 'message'), [
    (lambda: RandomCropResize(clip_len=0), 'clip_len is 0, but at least 1'),
    (lambda: CentralCropResize(clip_len=0), 'clip_len is 0, but at least 1'),
    (lambda: RandomCropResize(min_ratio=0), 'min_ratio=0 and max_ratio=1.0, but 0 < min_ratio'),
    (lambda: RandomCropResize(max_ratio=1.1), 'min_ratio=0.1 and max_ratio=1.1'),
    (lambda: RandomCropResize(min_ratio=0.6, max_ratio=0.5), 'min_ratio=0.6 and max_ratio=0.5'),
    (lambda: RandomCropResize(min_frames=0), 'min_frames of RandomCropResize is 0'),
    (lambda: CentralCropResize(ratio=0), 'ratio of CentralCropResize is 0, but 0 < ratio <= 1'),
    (lambda: CentralCropResize(ratio=95), 'ratio of CentralCropResize is 95'),
])
def test_bad_arguments(build, message):
    with pytest.raises(ValueError, match=message):
        build()
