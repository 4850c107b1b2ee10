"""Config files: where the project's own are, reading them, and walking through them."""
import difflib
import inspect
import os
import os.path as osp
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.runner import Runner

_PACKAGE = Path(__file__).parents[1]
# A wheel has them in the folder where OpenMMLab's tools look for those of a package.
_INSTALLED = _PACKAGE / '.mim'
ROOT = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent
CONFIGS, TOOLS = ROOT / 'configs', ROOT / 'tools'

# What MMEngine reads from a config beside the arguments of its Runner.
RUNNER_OPTIONS = ('find_unused_parameters', 'model_wrapper_cfg', 'runner_type', 'sync_bn', 'compile')


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


def load_config(path: str, options: dict | None = None) -> Config:
    """Read a config file, found by :func:`find_config`, and merge options by dotted keys into it.

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
    except (AttributeError, KeyError) as error:
        raise ValueError(
            f'{path} cannot be read: {error}. Correct it, or what it is based on.') from error
    merge_options(config, options or {})
    return config


def merge_options(config: Config, options: dict) -> None:
    """Merge options of the command line, value by dotted key, into a config, in place."""
    # MMEngine would add a misspelt key and go on without a word.
    known = {*config, *inspect.signature(Runner.__init__).parameters, *RUNNER_OPTIONS}
    for option in options:
        key = option.split('.')[0]
        if key not in known:
            close = difflib.get_close_matches(key, sorted(known), n=3)
            raise ValueError(f'--cfg-options {option}: {config.filename} has no {key!r}. '
                             f"{f'Did you mean {close}?' if close else 'See its entries.'}")
    try:
        config.merge_from_dict(options)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f'--cfg-options {options} does not fit into {config.filename}: {error}. Use '
                         'key=value with keys of the config.') from error


def iter_dicts(node: Any) -> Iterator[dict]:
    """Yield all dicts at or below a node of a config, an outer one first; they may be changed."""
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, (list, tuple)):
        for child in node:
            yield from iter_dicts(child)
