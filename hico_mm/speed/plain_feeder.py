"""The data path of pre-training in a plain formulation, for the benchmark to compare ours with."""
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch.utils.data import Dataset

NUM_PERSONS, NUM_FRAMES = 2, 300  # of the released arrays


class PlainFeeder(Dataset):
    """Two augmented views of sequences that were normalised beforehand, sample by sample.

    The way of the released code, from an array of its layout, with zeros for absent persons and behind
    the end of a sequence: one is copied, cropped twice by ``F.interpolate``, and augmented in NumPy.
    The draws are not repeatable. Nothing of hico_mm is used.

    Args:
        keypoints (Sequence[np.ndarray]): Normalised coordinates (M, T, V, C), M at most 2.
        clip_len (int): Number of frames of a view. Defaults to 64.
        min_ratio (float): Smallest part of a sequence to keep. Defaults to 0.1.
        corrupted (int): Number of joints to corrupt. Defaults to 15.
        amplitude (float): Largest shear factor. Defaults to 1.0.
    """

    def __init__(self, keypoints: Sequence[np.ndarray], clip_len: int = 64, min_ratio: float = 0.1,
                 corrupted: int = 15, amplitude: float = 1.0) -> None:
        num_frames = max(NUM_FRAMES, *(keypoint.shape[1] for keypoint in keypoints))
        _, _, joints, channels = keypoints[0].shape
        self.arrays = np.zeros(
            (len(keypoints), channels, num_frames, joints, NUM_PERSONS), np.float32)  # (N, C, T, V, M)
        for array, keypoint in zip(self.arrays, keypoints, strict=True):
            array[:, :keypoint.shape[1], :, :len(keypoint)] = keypoint.transpose(3, 1, 2, 0)
        self.clip_len = clip_len
        self.min_ratio = min_ratio
        self.corrupted = corrupted
        self.amplitude = amplitude

    def __len__(self) -> int:
        return len(self.arrays)

    def __getitem__(self, index: int) -> np.ndarray:
        """Two views of a sequence, (2, C, clip_len, V, M)."""
        array = np.array(self.arrays[index])
        num_frames = int(array.any(axis=(0, 2, 3)).sum())
        return np.stack([self._augment(self._crop(array[:, :num_frames])) for _ in range(2)])

    def _crop(self, array: np.ndarray) -> np.ndarray:
        channels, frames, joints, persons = array.shape
        length = int(frames * np.random.uniform(self.min_ratio, 1))
        length = min(max(length, self.clip_len), frames)
        start = np.random.randint(frames - length + 1)
        crop = torch.tensor(array[:, start:start + length]).permute(0, 2, 3, 1)  # (C, V, M, T)
        crop = crop.reshape(1, -1, length, 1)
        crop = F.interpolate(crop, size=(self.clip_len, 1), mode='bilinear', align_corners=False)
        crop = crop.reshape(channels, joints, persons, self.clip_len)
        return crop.permute(0, 3, 1, 2).contiguous().numpy()

    def _augment(self, array: np.ndarray) -> np.ndarray:
        channels = len(array)
        if np.random.rand() < 0.5:
            joints = np.random.choice(array.shape[2], self.corrupted, replace=False)
            if np.random.rand() < 0.5:
                array[:, :, joints] = 0
            else:
                matrix = np.random.uniform(-1, 1, (channels, channels))
                array[:, :, joints] = _multiply(array[:, :, joints], matrix)
            return array
        matrix = np.random.uniform(-self.amplitude, self.amplitude, (channels, channels))
        np.fill_diagonal(matrix, 1)
        return _multiply(array, matrix).astype(np.float32)


def _multiply(array: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Multiply the channels of an array (C, T, V, M) by a matrix (C, C)."""
    return np.dot(array.transpose(1, 2, 3, 0), matrix).transpose(3, 0, 1, 2)
