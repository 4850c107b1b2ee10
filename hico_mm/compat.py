"""Repairs for gaps of the upstream packages, and the check of their versions.

Each repair names the version that has the gap and what makes it unnecessary. All are idempotent and
touch nothing when the gap is not there.
"""
import functools
import importlib.util
import pickle
import re
import sys
import types
import warnings
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path

import numpy as np
import torch

from hico_mm.paths import CONFIGS

# Module -> (lowest version, first version refused, what installs it).
REQUIRED = dict(
    mmengine=('0.10.4', '1', 'pip install "mmengine>=0.10.4,<1"'),
    mmcv=('2.0.0', '2.2', 'pip install "mmcv-lite>=2.0.0,<2.2" (or the full mmcv, not both)'),
    mmaction=('1.2.0', '1.3', 'pip install "mmaction2>=1.2.0,<1.3"'),
)


def check_versions(required: Mapping[str, tuple[str, str, str]] = REQUIRED) -> None:
    """Refuse missing or unfit OpenMMLab packages, saying what to install."""
    for module, (lowest, refused, remedy) in required.items():
        wanted = f'hico_mm needs {module} >= {lowest}, < {refused}'
        found = _installed_version(module)
        if found is None:
            raise ImportError(f'{wanted}, but it is not installed. Run: {remedy}')
        if not _release(lowest) <= _release(found) < _release(refused):
            raise ImportError(f'{wanted}, but found {found}. Run: {remedy}')
    names = {x.metadata['Name'] for name in ('mmcv', 'mmcv-lite') for x in distributions(name=name)}
    if len(names) > 1:
        warnings.warn('mmcv and mmcv-lite are both installed, into the one module mmcv, where the later '
                      'has overwritten the earlier. Keep one: pip uninstall -y mmcv mmcv-lite, then '
                      'install the full mmcv for its compiled ops, or else mmcv-lite.', stacklevel=2)


def _installed_version(module: str) -> str | None:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        return None
    # From its file, because an unfit package often fails on being imported, with other advice.
    text = Path(spec.origin).with_name('version.py').read_text(encoding='utf-8')
    return re.search(r"""^__version__ = ['"]([^'"]+)""", text, re.MULTILINE)[1]


def _release(version: str) -> tuple[int, ...]:
    """The leading numbers of a version: '2.2.0rc1+cpu' -> (2, 2, 0)."""
    return tuple(map(int, re.match(r'\d+(\.\d+)*', version)[0].split('.')))


def repair_upstream() -> None:
    """Apply all repairs; called once by ``import hico_mm``."""
    _stub_missing_localizer()
    # mmcv-lite advises, at every start, to install the full mmcv for an image module.
    warnings.filterwarnings('ignore', message='Fail to import ``MultiScaleDeformableAttention``')
    _allow_mmengine_checkpoints()
    _convert_bfloat16_scores()
    _find_bases_of_packages()


def _stub_missing_localizer() -> None:
    """Let ``import mmaction.models`` succeed without its DRN localizer.

    The mmaction2 1.2.0 wheel was packed without ``models/localizers/drn`` (open-mmlab/mmaction2 issue
    2714), which its own ``__init__`` imports. Unnecessary once a wheel contains the file.
    """
    import mmaction
    localizers = Path(mmaction.__file__).parent / 'models/localizers'
    name = 'mmaction.models.localizers.drn.drn'
    if (localizers / 'drn/drn.py').exists() or name in sys.modules:
        return

    class DRN:
        def __init__(self, *args, **kwargs) -> None:
            raise ImportError('The localizer DRN is missing from the installed mmaction2 wheel '
                              '(mmaction2 issue 2714); install mmaction2 from source to use it.')

    stub = types.ModuleType(name, 'Stands in for a file that the mmaction2 wheel lacks.')
    stub.DRN = DRN
    sys.modules[name] = stub


def _allow_mmengine_checkpoints() -> None:
    """Let ``torch.load(weights_only=True)`` read what MMEngine itself writes.

    mmengine 0.10 calls ``torch.load`` without ``weights_only``, and since torch 2.6 that refuses the
    ``HistoryBuffer`` objects of its message hub, so ``CheckpointHook`` cannot publish. Only these names
    are added; everything else in a checkpoint is still refused.
    """
    if _release(torch.__version__) < (2, 6):
        return
    from mmengine.logging import HistoryBuffer

    def history_buffer_getattr(owner, name):
        # HistoryBuffer pickles its own methods, by `getattr`. The real one would open the sandbox.
        if owner is HistoryBuffer and name in ('min', 'max', 'current', 'mean'):
            return getattr(HistoryBuffer, name)
        raise pickle.UnpicklingError(f'getattr({owner!r}, {name!r}) is not allowed in a checkpoint')

    multiarray = sys.modules[np.array([0]).__reduce__()[0].__module__]
    numpy_functions = [(getattr(multiarray, function), f'{module}.multiarray.{function}')
                       for function in ('_reconstruct', 'scalar')
                       for module in ('numpy.core', 'numpy._core')]  # before and since numpy 2
    torch.serialization.add_safe_globals([
        HistoryBuffer, np.ndarray, np.dtype, type(np.dtype('f8')), type(np.dtype('i8')),
        (history_buffer_getattr, 'builtins.getattr'), *numpy_functions])


def _convert_bfloat16_scores() -> None:
    """Let the heads of MMAction2 train and predict in bfloat16.

    mmaction2 1.2.0 measures accuracy by NumPy, which has no bfloat16. Unnecessary once ``BaseHead``
    converts its scores.
    """
    from mmaction.models.heads import BaseHead

    def converted(original):
        @functools.wraps(original)
        def method(self, cls_scores: torch.Tensor, data_samples: list):
            if cls_scores.dtype == torch.bfloat16:
                cls_scores = cls_scores.float()
            return original(self, cls_scores, data_samples)

        return method

    for name in ('loss_by_feat', 'predict_by_feat'):
        original = getattr(BaseHead, name)
        if not hasattr(original, '__wrapped__'):
            setattr(BaseHead, name, converted(original))


def _find_bases_of_packages() -> None:
    """Let configs be based on those of this package: ``_base_ = 'hico_mm::hico_demo.py'``.

    mmengine 0.10 knows such names for OpenMMLab's own packages only, which it looks for by the module
    ``pkg_resources``, which setuptools 82 no longer has.
    """
    from mmengine.config import Config

    from hico_mm.utils import find_config
    original = Config._get_cfg_path
    if hasattr(original, '__wrapped__'):
        return

    @functools.wraps(original)
    def get_path(path: str, filename: str) -> tuple[str, str | None]:
        package, found, name = path.partition('::')
        if package == 'hico_mm':  # without a scope: its modules are in MMAction2's registries
            own = CONFIGS / name
            return (str(own) if own.is_file() else find_config(name)), None
        if found and (spec := importlib.util.find_spec(package)) and spec.origin:
            own = Path(spec.origin).parent / '.mim/configs' / name
            if own.is_file():
                return str(own), package
        return original(path, filename)

    Config._get_cfg_path = staticmethod(get_path)
