"""Conversion to single precision."""
import numpy as np
import torch


def as_float32(array: np.ndarray) -> np.ndarray:
    """Convert to float32, without a copy where it is so already.

    Args:
        array (np.ndarray): Real numbers of any shape.

    Returns:
        np.ndarray: The same numbers in float32.
    """
    if array.dtype == np.float16:  # of MMAction2's files; NumPy takes several times as long
        return torch.from_numpy(np.ascontiguousarray(array)).float().numpy()
    return np.asarray(array, dtype=np.float32)
