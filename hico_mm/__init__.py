"""HiCo for MMAction2: importing this package registers its modules in MMAction2's registries."""
from hico_mm import compat

compat.check_versions()
compat.repair_upstream()

from hico_mm import datasets, engine, evaluation, models  # noqa: E402
from hico_mm.version import __version__  # noqa: E402

__all__ = ['SkeletonInferencer', '__version__', 'compat', 'datasets', 'engine', 'evaluation', 'models']


def __getattr__(name: str) -> type:
    """Import the inference when it is asked for: training has no use for it."""
    if name == 'SkeletonInferencer':
        from hico_mm.apis import SkeletonInferencer
        return SkeletonInferencer
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
