import importlib
import os
import subprocess

import pytest

from hico_mm.speed import peak_memory
from hico_mm.speed.peak_memory import CLEAR_REFS, peak_mebibytes

WORK = """
import torch

MEBIBYTE = 2**18  # numbers


def make_work():
    torch.ones(31 * MEBIBYTE)  # by default, smaller tensors come from the heap from here on
    gaps, kept = [], []
    for size in 3 * (15, 15, 30, 30):  # gaps of 30 and 60 MiB once they are freed
        gaps.append(torch.ones(size * MEBIBYTE))
        if len(gaps) % 2 == 0:
            kept.append(torch.ones(MEBIBYTE))
    del gaps

    def work():
        torch.ones(50 * MEBIBYTE)  # and given back
        torch.ones(20 * MEBIBYTE)
        assert len(kept) == 6

    torch.ones(90 * MEBIBYTE)  # an earlier peak
    return work


def make_failing():
    raise KeyError('no such model')
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A module that another process finds, too."""
    (tmp_path / 'work_to_measure.py').write_text(WORK)
    monkeypatch.setenv('PYTHONPATH', str(tmp_path), prepend=os.pathsep)
    monkeypatch.syspath_prepend(tmp_path)
    return importlib.import_module('work_to_measure')


needs_linux = pytest.mark.skipif(not CLEAR_REFS.exists(), reason='memory is read from Linux')


@needs_linux
def test_peak_is_that_of_the_work_alone(module):
    assert 49 < peak_mebibytes(module.make_work, 'cpu') < 55


@needs_linux
def test_work_that_fails(module, capfd):
    with pytest.raises(subprocess.CalledProcessError):
        peak_mebibytes(module.make_failing, 'cpu')
    assert 'no such model' in capfd.readouterr().err


def test_memory_that_nobody_records(monkeypatch, tmp_path):
    monkeypatch.setattr(peak_memory, 'CLEAR_REFS', tmp_path / 'none')
    assert peak_mebibytes(None, 'cpu') is None
