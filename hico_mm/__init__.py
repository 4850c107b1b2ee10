"""HiCo for MMAction2: importing this package registers its modules in MMAction2's registries."""
import sys
from pathlib import Path

from hico_mm.version import __version__

__all__ = ['SkeletonInferencer', '__version__', 'compat', 'datasets', 'engine', 'evaluation', 'models',
           'register']


def register() -> None:
    """Repair what upstream lacks, and register all modules; importing this package does it."""
    from hico_mm import compat
    compat.check_versions()
    compat.repair_upstream()
    from hico_mm import datasets, engine, evaluation, models  # noqa: F401


def __getattr__(name: str) -> type:
    """Import the inference when it is asked for: training has no use for it."""
    if name == 'SkeletonInferencer':
        from hico_mm.apis import SkeletonInferencer
        return SkeletonInferencer
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')


# The program, `hico_mm` or `python -m hico_mm`, lists its commands without waiting for PyTorch.
if Path(*sys.argv[:1]).stem not in ('hico_mm', '-m'):
    register()
