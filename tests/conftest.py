"""Fixtures for all tests: where real data and recorded numbers are, and MMAction2's default scope."""
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.registry import init_default_scope

import hico_mm  # noqa: F401  (registers the modules, repairs upstream)


def _directory(variable: str, what: str) -> Path:
    path = os.environ.get(variable)
    if not path or not Path(path).is_dir():
        pytest.skip(f'needs {what}: set {variable} to their folder')
    return Path(path)


@pytest.fixture(scope='session')
def data_dir() -> Path:
    """The folder of real skeleton sets in MMAction2's annotation format."""
    return _directory('HICO_DATA', 'real skeleton sets')


@pytest.fixture(scope='session')
def golden_dir() -> Path:
    """The folder of numbers recorded from the authors' released code."""
    return _directory('HICO_GOLDEN', "numbers recorded from the authors' code")


@pytest.fixture(autouse=True)
def _default_scope_and_seed():
    init_default_scope('mmaction')
    np.random.seed(0)
    torch.manual_seed(0)
