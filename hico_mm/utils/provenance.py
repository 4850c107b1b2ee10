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
    """Name the commit of a checkout.

    Args:
        folder (str): A folder of the checkout. Defaults to that of this package.

    Returns:
        str: The short hash, with '+changes' if tracked files differ from it; 'unknown' without git.
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
    """List the versions of what the results depend on.

    Returns:
        dict[str, str]: Version by package.
    """
    packages = (mmaction, mmcv, mmengine, torch, numpy)
    return dict(python=platform.python_version(), hico_mm=__version__,
                **{package.__name__: package.__version__ for package in packages})


def device_name() -> str:
    """Name the device that trains.

    Returns:
        str: Name of the GPU, or 'CPU' with the number of threads.
    """
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f'CPU, {torch.get_num_threads()} threads'
