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
    """Name the commit of a checkout, as ``1a2b3c4+changes`` if tracked files differ from it."""

    def git(*arguments: str) -> str:
        return subprocess.check_output(['git', '-C', folder, *arguments], text=True,
                                       stderr=subprocess.DEVNULL).strip()

    try:
        commit = git('rev-parse', '--short', 'HEAD')
        return commit + ('+changes' if git('status', '--porcelain', '-uno') else '')
    except (OSError, subprocess.CalledProcessError):
        return 'unknown'


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
