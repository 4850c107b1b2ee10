"""Random skeletons, and the pipelines of configs."""
import numpy as np
import pytest
from mmengine.config import Config

from hico_mm.paths import CONFIGS


@pytest.fixture(scope='session')
def pipelines():
    """The pipelines of NTU RGB+D."""
    return Config.fromfile(CONFIGS / '_base_/pipelines/ntu25.py')


@pytest.fixture(scope='session')
def keypoint_of():
    """Makes the random keypoint (M, T, V, 3), float32, of a sequence."""
    def make(num_persons: int = 2, num_frames: int = 12, num_joints: int = 25) -> np.ndarray:
        shape = (num_persons, num_frames, num_joints, 3)
        return np.random.default_rng(0).normal(size=shape).astype(np.float32)

    return make
