"""Random skeletons."""
import numpy as np
import pytest


@pytest.fixture(scope='session')
def keypoint_of():
    """Makes the random keypoint (M, T, V, 3), float32, of a sequence."""
    def make(num_persons: int = 2, num_frames: int = 12, num_joints: int = 25) -> np.ndarray:
        shape = (num_persons, num_frames, num_joints, 3)
        return np.random.default_rng(0).normal(size=shape).astype(np.float32)

    return make
