"""Config files: finding and reading them."""
import difflib
import os
import os.path as osp
from contextlib import suppress
from pathlib import Path

from mmengine.config import Config

from hico_mm.paths import CONFIGS

from .nodes import spell_types
from .options import merge_options


def list_configs() -> dict[str, str]:
    """Path by name of the project's own configs that pre-train or train with labels, tasks left out."""
    tasks = [path.stem for path in (CONFIGS / 'tasks').glob('*.py')]
    return {name: path for name, path in _own_configs().items()
            if not any(name == task or name.endswith(f'_{task}') for task in tasks)}


def _own_configs() -> dict[str, str]:
    return {path.stem: str(path) for path in sorted(CONFIGS.rglob('*.py')) if '_base_' not in path.parts}


def find_config(path: str) -> str:
    """Find a config file by its path, or else among the project's own by its name.

    That is ``hico_demo``, ``hico_demo.py`` or ``configs/hico_demo.py``, from any working directory.
    """
    if osp.isfile(path):
        return path
    own, name = _own_configs(), Path(path)
    if name.stem in own and name.suffix in ('', '.py') and (
            len(name.parts) == 1 or name.parts[0] == 'configs'):
        return own[name.stem]
    close = difflib.get_close_matches(name.stem, own)
    advice = f'Did you mean one of {close}?' if close else 'Name a file, or one of them as hico_demo.'
    raise FileNotFoundError(f'Config file {path} does not exist (looked for {osp.abspath(path)}, and '
                            f'among the configs of hico_mm). {advice}')


def load_config(path: str, options: dict | None = None, also: tuple[str, ...] = ()) -> Config:
    """Read a config file, found by :func:`find_config`, and merge options into it (``merge_options``).

    The environment variable ``PRETRAIN``, of which the files in ``configs/tasks`` take their base, may
    name a config in the same way.
    """
    path = find_config(path)
    if pretraining := os.environ.get('PRETRAIN'):
        with suppress(FileNotFoundError):  # it may begin in configs/tasks, where MMEngine looks for it
            os.environ['PRETRAIN'] = osp.abspath(find_config(pretraining))
    try:
        config = Config.fromfile(path)
    except FileNotFoundError as error:
        if pretraining and osp.basename(pretraining) in str(error):
            raise FileNotFoundError(f'PRETRAIN={pretraining} names no config: {error}. Name a file, or '
                                    'one of the configs of hico_mm as hico_demo.') from error
        raise FileNotFoundError(f'Config file {path} is based on a file that is missing: {error}. '
                                'Correct its _base_.') from error
    except RecursionError as error:
        raise ValueError(f'{path} is based on itself, perhaps by PRETRAIN={pretraining}. Let PRETRAIN '
                         'name the config of a pre-training.') from error
    except (OSError, SyntaxError) as error:  # OSError is MMEngine's answer to an unknown ending
        raise ValueError(f'{path} is no config file: {error}') from error
    except (AssertionError, AttributeError, KeyError, ModuleNotFoundError, RuntimeError) as error:
        advice = ('Leave out the base whose entries another has' if 'Duplicate key' in str(error)
                  else 'For a task of a pure-Python config: train.py CONFIG --task NAME'
                  if pretraining and 'lazy_import' in str(error)
                  else 'Run: pip install "setuptools<81"' if 'pkg_resources' in str(error)
                  else 'Correct it, or what it is based on')
        raise ValueError(f'{path} cannot be read: {error}. {advice}.') from error
    spell_types(dict(config.items()))
    merge_options(config, options or {}, also)
    return config
