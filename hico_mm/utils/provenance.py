"""Where a result comes from: code, versions, device."""
import platform
import subprocess
from functools import lru_cache
from pathlib import Path

import mmaction
import mmcv
import mmengine
import numpy
import torch

from hico_mm.version import __version__


@lru_cache
def code_commit(folder: str = str(Path(__file__).parent)) -> str:
    """Name the commit of a checkout by its short hash.

    '+changes' follows if tracked files differ from it. Without git it is 'unknown'.
    """
    try:
        commit = _git(folder, 'rev-parse', '--short', 'HEAD')
        return commit + ('+changes' if _git(folder, 'status', '--porcelain', '-uno') else '')
    except (OSError, subprocess.CalledProcessError):
        return 'unknown'


def _git(folder: str, *arguments: str) -> str:
    return subprocess.run(['git', '-C', folder, *arguments], check=True, capture_output=True,
                          text=True).stdout.strip()


def versions() -> dict[str, str]:
    """Version by package of what the results depend on."""
    packages = (mmaction, mmcv, mmengine, torch, numpy)
    return dict(python=platform.python_version(), hico_mm=__version__,
                **{package.__name__: package.__version__ for package in packages})


def device_name() -> str:
    """Name the GPU that trains, or the CPU with its number of threads."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f'CPU, {torch.get_num_threads()} threads'
