"""Checks that need no model and no data, made before anything is built.

Each raises an error whose message says what to do.
"""
import difflib
import inspect
import os
import os.path as osp
import tempfile

from mmengine.config import Config
from mmengine.runner import Runner

from hico_mm.compat import load_checkpoint_file
from hico_mm.datasets import missing_file_message

from .config_nodes import iter_dicts
from .packaged import find_config

# What MMEngine reads from a config beside the arguments of its Runner.
RUNNER_OPTIONS = ('find_unused_parameters', 'model_wrapper_cfg', 'runner_type', 'sync_bn', 'compile')


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


def check_annotation_files(*dataloaders: dict | None) -> None:
    """Refuse annotation files that do not exist.

    Args:
        *dataloaders (dict, optional): Configs, with the data sets anywhere inside.

    Raises:
        FileNotFoundError: If a file is missing.
    """
    for node in iter_dicts(dataloaders):
        path = node.get('ann_file')
        if path and '://' not in path:
            path = osp.join(node.get('data_root') or '', path)
            if not osp.isfile(path):
                raise FileNotFoundError(missing_file_message(path))


def check_checkpoint(path: str) -> None:
    """Refuse a checkpoint that does not exist or cannot be read.

    Args:
        path (str): Path of the checkpoint; a URL is left to MMEngine.

    Raises:
        FileNotFoundError: If it does not exist.
        ValueError: If it is corrupt, or holds more than weights.
    """
    if '://' not in path:
        load_checkpoint_file(path)


def check_writable(folder: str, option: str) -> None:
    """Make a folder and refuse it if no file can be written there.

    Args:
        folder (str): Path of the folder.
        option (str): Option of the command line that names it, for the message.

    Raises:
        ValueError: If the folder cannot be made or written.
    """
    try:
        os.makedirs(folder, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ValueError(f'{osp.abspath(folder)} cannot be made or written ({error.strerror}). '
                         f'Name another place by {option}.') from error
