"""Fixtures for all tests: where real data and recorded numbers are, and MMAction2's default scope."""
import importlib.util
import logging
import os
import runpy
import sys
import traceback
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryFile
from types import ModuleType

import mmengine.config.config
import numpy as np
import pytest
import torch
from mmaction.utils import register_all_modules
from mmengine.logging import MMLogger
from mmengine.registry import init_default_scope

import hico_mm  # noqa: F401  (registers the modules, repairs upstream)

ROOT = Path(__file__).parents[1]
# MMEngine formats a config whenever it logs or saves it: two thirds of a small run's time.
mmengine.config.config.FormatCode = lambda text, **style: (text, True)


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
def golden(golden_dir):
    """Loads numbers recorded from the public code of the other contrastive methods, by name."""
    return lambda name: torch.load(golden_dir / f'rivals/{name}.pt', weights_only=True)


@pytest.fixture(scope='session')
def load_script():
    """Loads a script as a module, such as ``load_script('analysis/speed')`` that of tools/analysis."""
    def load(name: str) -> ModuleType:
        path = ROOT / f'tools/{name}.py'
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture
def told(monkeypatch):
    """Texts of the warnings that are logged."""
    texts = []
    monkeypatch.setattr(MMLogger, 'log', lambda self, level, text: (
        texts.append(text) if level == logging.WARNING else None))
    return texts


@pytest.fixture(scope='session')
def late_imports():
    """What every run imports late, imported once for all forks."""
    register_all_modules()
    for module in 'matplotlib.pyplot', 'torch._dynamo':
        importlib.import_module(module)


@pytest.fixture(scope='session')
def run_script(late_imports):
    """Runs a script as ``subprocess.run`` would, with keyword arguments for its environment.

    In a fork of this process, which has imported everything already: that saves seconds.
    """
    def run(script: str | Path, *args, cwd: Path, **environment: str) -> CompletedProcess:
        argv = [str(ROOT / script), *map(str, args)]
        with TemporaryFile() as out, TemporaryFile() as err:
            child = os.fork()
            if child == 0:
                os._exit(_run_here(argv, cwd, environment, out.fileno(), err.fileno()))
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            texts = [os.pread(file.fileno(), 1 << 24, 0).decode() for file in (out, err)]
        return CompletedProcess(argv, code, *texts)

    return run


def _run_here(argv: list[str], cwd: Path, environment: dict, out: int, err: int) -> int:
    """Turn this process into the script's; return its exit code."""
    os.dup2(out, 1)
    os.dup2(err, 2)
    with open(1, 'w', closefd=False) as sys.stdout, open(2, 'w', closefd=False) as sys.stderr:
        try:
            os.chdir(cwd)
            os.environ.update(environment)
            os.environ.pop('LOCAL_RANK', None)
            sys.argv = argv
            runpy.run_path(argv[0], run_name='__main__')
        except SystemExit as stop:
            if isinstance(stop.code, str):
                print(stop.code, file=sys.stderr)
                return 1
            return stop.code or 0
        except BaseException:
            traceback.print_exc()
            return 1
        return 0


@pytest.fixture(autouse=True)
def _default_scope_and_seed():
    init_default_scope('mmaction')
    np.random.seed(0)
    torch.manual_seed(0)
