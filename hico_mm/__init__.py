"""HiCo for MMAction2: importing this package registers its modules in MMAction2's registries."""
from hico_mm import compat

compat.check_versions()
compat.repair_upstream()

from hico_mm import datasets, engine, evaluation, models  # noqa: E402

__version__ = '0.1.0'
__all__ = ['__version__', 'compat', 'datasets', 'engine', 'evaluation', 'models']
