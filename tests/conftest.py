"""Fixtures for all tests: where real data and recorded numbers are, and MMAction2's default scope."""
import importlib.util
import os
from pathlib import Path
from types import ModuleType

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


@pytest.fixture(scope='session')
def load_script():
    """Loads a script as a module, such as ``load_script('analysis/speed')`` that of tools/analysis."""
    def load(name: str) -> ModuleType:
        path = Path(__file__).parents[1] / f'tools/{name}.py'
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture(autouse=True)
def _default_scope_and_seed():
    init_default_scope('mmaction')
    np.random.seed(0)
    torch.manual_seed(0)
