"""Temporal crops, resized to a fixed number of frames."""
from functools import lru_cache

import numpy as np
from mmaction.registry import TRANSFORMS

from .base import Transform


def resize_frames(keypoint: np.ndarray, length: int) -> np.ndarray:
    """Resize a sequence (M, T, V, C) linearly to (M, length, V, C), float32.

    Frames are sampled at half-pixel centres and clamped at both ends, as
    ``torch.nn.functional.interpolate(mode='linear', align_corners=False)`` does.
    """
    keypoint = np.asarray(keypoint, dtype=np.float32)
    left, right, weight = _neighbours(keypoint.shape[1], length)
    resized = keypoint.take(left, axis=1)
    resized *= 1 - weight
    resized += keypoint.take(right, axis=1) * weight
    return resized


@lru_cache(maxsize=1024)  # sequences come in few lengths, and this takes half as long as the rest
def _neighbours(num_frames: int, length: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Frames before and after each sampling point (length, ), weight of the latter (length, 1, 1)."""
    position = ((np.arange(length) + 0.5) * (num_frames / length) - 0.5).clip(0, num_frames - 1)
    left = position.astype(np.int64)
    right = np.minimum(left + 1, num_frames - 1)
    return left, right, (position - left).astype(np.float32)[:, None, None]


class CropResize(Transform):
    """Base of transforms that draw a stretch of frames and resize it to ``clip_len`` frames."""

    def __init__(self, clip_len: int) -> None:
        if clip_len < 1:
            raise ValueError(f'clip_len is {clip_len}, but at least 1 is expected; give the number of '
                             'frames that the model takes.')
        self.clip_len = clip_len

    def transform(self, results: dict) -> dict:
        """Crop one sequence; its ``keypoint`` (M, T, V, C) becomes (M, clip_len, V, C), float32."""
        start, stop = self.draw(results['keypoint'].shape[1])
        results['keypoint'] = resize_frames(results['keypoint'][:, start:stop], self.clip_len)
        results['total_frames'] = self.clip_len
        return results


@TRANSFORMS.register_module()
class RandomCropResize(CropResize):
    """Cut out a random stretch of the sequence and resize it to a fixed length.

    Of a sequence of n frames, ``clip(floor(n * u), min_frames, n)`` are kept, with u uniform in
    ``[min_ratio, max_ratio]`` and a uniformly random start. A sequence shorter than ``min_frames``
    is used whole. The temporal crop of the paper, with the numbers of the released code.

    Required keys: keypoint. Modified keys: keypoint, total_frames.

    Args:
        clip_len: Number of frames to resize to. Defaults to 64.
        min_ratio: Smallest part of the sequence to keep, in (0, 1]. Defaults to 0.1.
        max_ratio: Largest part of the sequence to keep, in (0, 1]. Defaults to 1.0.
        min_frames: Smallest number of frames to keep. Defaults to 64.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(self, clip_len: int = 64, min_ratio: float = 0.1, max_ratio: float = 1.0,
                 min_frames: int = 64) -> None:
        super().__init__(clip_len)
        if not 0 < min_ratio <= max_ratio <= 1:
            raise ValueError(f'RandomCropResize got min_ratio={min_ratio} and '
                             f'max_ratio={max_ratio}, but 0 < min_ratio <= max_ratio <= 1 is '
                             'expected; give them as parts of the sequence.')
        if min_frames < 1:
            raise ValueError(f'min_frames of RandomCropResize is {min_frames}, but at least 1 is '
                             'expected; give the shortest crop in frames.')
        self.min_ratio, self.max_ratio, self.min_frames = min_ratio, max_ratio, min_frames

    def draw(self, num_frames: int) -> tuple[int, int]:
        """Draw the first frame and the frame after the last of a crop of ``num_frames`` frames."""
        # `uniform` and `randint` take longer than all the rest of it.
        ratio = self.min_ratio + (self.max_ratio - self.min_ratio) * np.random.rand()
        length = min(max(int(num_frames * ratio), self.min_frames), num_frames)
        start = int((num_frames - length + 1) * np.random.rand())
        return start, start + length


@TRANSFORMS.register_module()
class CentralCropResize(CropResize):
    """Cut out the middle of the sequence and resize it to a fixed length.

    The evaluation crop of the released code: of n frames ``[start, n - start)`` with
    ``start = int((1 - ratio) * n / 2)``.

    Required keys: keypoint. Modified keys: keypoint, total_frames.

    Args:
        clip_len: Number of frames to resize to. Defaults to 64.
        ratio: Part of the sequence to keep, in (0, 1]. Defaults to 0.95.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(self, clip_len: int = 64, ratio: float = 0.95) -> None:
        super().__init__(clip_len)
        if not 0 < ratio <= 1:
            raise ValueError(f'ratio of CentralCropResize is {ratio}, but 0 < ratio <= 1 is '
                             'expected; give it as a part of the sequence.')
        self.ratio = ratio

    def draw(self, num_frames: int) -> tuple[int, int]:
        """Return the first frame and the frame after the last of the crop."""
        start = int((1 - self.ratio) * num_frames / 2)
        return start, num_frames - start
