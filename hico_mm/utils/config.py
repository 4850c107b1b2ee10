"""Config files: where the project's own are, reading them, and walking through them."""
import difflib
import inspect
import os.path as osp
from collections.abc import Iterator
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


def find_config(path: str) -> str:
    """Find a config file by its path, or else among the project's own by its name.

    Args:
        path (str): Path of a file; or the name of an own config as ``hico_demo``, ``hico_demo.py``
            or ``configs/hico_demo.py``, from any working directory.

    Returns:
        str: Path of the file.

    Raises:
        FileNotFoundError: If there is neither.
    """
    if osp.isfile(path):
        return path
    own = {file.stem: str(file) for file in sorted(CONFIGS.glob('*.py'))}
    name = Path(path)
    if name.stem in own and name.suffix in ('', '.py') and name.parent in (Path(), Path('configs')):
        return own[name.stem]
    close = difflib.get_close_matches(name.stem, own)
    advice = f'Did you mean one of {close}?' if close else 'Name a file, or one of them as hico_demo.'
    raise FileNotFoundError(f'Config file {path} does not exist (looked for {osp.abspath(path)}, and '
                            f'among the configs of hico_mm). {advice}')


def load_config(path: str, options: dict | None = None) -> Config:
    """Read a config file and merge the options of the command line into it.

    Args:
        path (str): Path of the config file, or name of a config of hico_mm (:func:`find_config`).
        options (dict, optional): Value by dotted key, as ``--cfg-options`` gives them.

    Returns:
        Config: The config.

    Raises:
        FileNotFoundError: If the file, or one that it is based on, does not exist.
        ValueError: If the file is no config or an option does not fit into it.
    """
    path = find_config(path)
    try:
        config = Config.fromfile(path)
    except FileNotFoundError as error:
        raise FileNotFoundError(f'Config file {path} is based on a file that is missing: {error}. '
                                'Correct its _base_.') from error
    except (OSError, SyntaxError) as error:  # OSError is MMEngine's answer to an unknown ending
        raise ValueError(f'{path} is no config file: {error}') from error
    merge_options(config, options or {})
    return config


def merge_options(config: Config, options: dict) -> None:
    """Merge options of the command line into a config, in place.

    Args:
        config (Config): The config.
        options (dict): Value by dotted key, as ``--cfg-options`` gives them.

    Raises:
        ValueError: If an option does not fit into the config.
    """
    # MMEngine would add a misspelt key and go on without a word.
    known = {*config, *inspect.signature(Runner.__init__).parameters, *RUNNER_OPTIONS}
    for option in options:
        key = option.split('.')[0]
        if key not in known:
            close = difflib.get_close_matches(key, sorted(known), n=3)
            raise ValueError(f'--cfg-options {option}: {config.filename} has no {key!r}. '
                             f"{f'Did you mean {close}?' if close else 'See its entries.'}")
        if key == 'tasks' and option.split('.')[1:2] not in [[task] for task in config.tasks]:
            raise ValueError(f'--cfg-options {option} names none of the tasks of {config.filename}, '
                             f'which are {sorted(config.tasks)}.')
    try:
        config.merge_from_dict(options)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f'--cfg-options {options} does not fit into {config.filename}: {error}. Use '
                         'key=value with keys of the config.') from error


def iter_dicts(node: Any) -> Iterator[dict]:
    """Yield all dicts at or below a node of a config, an outer one before those inside it.

    Args:
        node (Any): A dict, a list or tuple, or a plain value. A dict that was yielded may be changed.

    Yields:
        dict: A dict.
    """
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, (list, tuple)):
        for child in node:
            yield from iter_dicts(child)
