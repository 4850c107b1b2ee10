"""The settings of a step, kept beside its result, so that no result is taken for another's."""
import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from mmengine.config import Config

from hico_mm.utils import atomic_write

FILE_NAME = 'settings.json'
TRAINING = ('model', 'train_dataloader', 'train_cfg', 'optim_wrapper', 'param_scheduler',
            'auto_scale_lr', 'custom_hooks', 'randomness')
EVALUATION = ('test_dataloader', 'test_cfg', 'test_evaluator')
# What gives the value of a trained task; its scores come from the test.
VALIDATION = ('val_dataloader', 'val_cfg', 'val_evaluator')
# The validation of a pre-training is no part of it: configs that share one validate on other data.
BY_TASK = dict(
    pretrain=TRAINING, knn=('model', 'randomness') + EVALUATION,
    cost=('model', 'train_dataloader', 'optim_wrapper'))
# No result depends on who reads the data.
HARMLESS = ('num_workers', 'persistent_workers')


def settings_of(config: Config, task: str, checkpoint: str | None) -> dict:
    """Collect what the result of a step depends on.

    Args:
        config (Config): The config of the step.
        task (str): The task of the step, or 'cost'.
        checkpoint (str, optional): Path of its encoder, which is known by its content.

    Returns:
        dict: The settings, as JSON gives them back.
    """
    keys = BY_TASK.get(task, TRAINING + EVALUATION + VALIDATION)
    settings = {key: _plain(config.get(key)) for key in keys}
    return dict(settings, encoder=None if checkpoint is None else file_hash(checkpoint))


def check_settings(folder: Path, settings: dict) -> None:
    """Refuse a folder in which a step was begun with other settings.

    Args:
        folder (Path): Folder of the step.
        settings (dict): Its present settings. Entries that are missing here or in the folder, which
            an earlier version may have made, are not compared.

    Raises:
        ValueError: If the settings in the folder differ.
    """
    path = folder / FILE_NAME
    if not path.exists():
        return
    saved = json.loads(path.read_text())
    both = saved.keys() & settings.keys()
    before, now = (_flat({key: entries[key] for key in both}) for entries in (saved, settings))
    differing = sorted(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))
    if differing:
        shown = ', '.join(f'{key} {before.get(key)!r} -> {now.get(key)!r}' for key in differing[:4])
        raise ValueError(
            f'{folder} was made with other settings ({len(differing)} before -> now: {shown}). Choose '
            'another folder by --out, remove this one to make it anew, or restore the settings.')


def write_settings(folder: Path, settings: dict) -> None:
    """Write the settings of a step that begins.

    Args:
        folder (Path): Folder of the step.
        settings (dict): Its settings.
    """
    with atomic_write(folder / FILE_NAME) as file:
        file.write(json.dumps(settings, indent=1).encode())


def file_hash(path: str) -> str:
    """Compute the SHA-256 of a file.

    Args:
        path (str): Path of the file.

    Returns:
        str: 64 hexadecimal digits; of a URL the URL itself.
    """
    if '://' in path:
        return path
    stat = Path(path).stat()
    return _file_hash(path, stat.st_mtime_ns, stat.st_size)


@lru_cache
def _file_hash(path: str, *_: int) -> str:
    with open(path, 'rb') as file:
        return hashlib.file_digest(file, 'sha256').hexdigest()


def _plain(node: Any) -> Any:
    """Turn a part of a config into what JSON gives back, without what is harmless."""
    if isinstance(node, dict):
        return {str(key): _plain(value) for key, value in node.items() if key not in HARMLESS}
    if isinstance(node, (list, tuple)):
        return [_plain(value) for value in node]
    return node if isinstance(node, (str, int, float, bool)) or node is None else str(node)


def _flat(node: Any, prefix: str = '') -> dict[str, Any]:
    """List the leaves of nested dicts and lists by dotted key."""
    if isinstance(node, list):
        node = dict(enumerate(node))
    if not isinstance(node, dict) or not node:
        return {prefix: node}
    flat = {}
    for key, value in node.items():
        flat.update(_flat(value, f'{prefix}.{key}' if prefix else str(key)))
    return flat
