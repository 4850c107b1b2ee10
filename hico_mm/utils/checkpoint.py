"""Checkpoints: reading them safely, fitting them to a model, and finding the one to resume from."""
import logging
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import mmengine.runner.checkpoint
import torch
from mmengine.logging import print_log
from mmengine.runner.checkpoint import CheckpointLoader
from torch import nn

from .files import check_file
from .nodes import type_name
from .safe_pickle import Refused, load_torch

SHOWN = 3  # names listed in a message


def load_checkpoint_file(filename: str | os.PathLike, map_location: str | torch.device = 'cpu') -> dict:
    """Read a checkpoint without executing anything in it; refuse one that is missing or corrupt."""
    path = Path(filename).expanduser()
    check_file(path, 'Check the path, or train first.', 'Checkpoint')
    try:
        checkpoint = load_torch(path, map_location)
    except Refused as error:
        raise ValueError(f'Checkpoint {path} {error}') from None
    except Exception as error:  # bytes that are no checkpoint can raise almost any error
        raise ValueError(f'Checkpoint {path} is corrupt or no checkpoint at all '
                         f'({path.stat().st_size} bytes): {error}. Copy or train it again.') from error
    if not isinstance(checkpoint, dict):
        raise ValueError(f'Checkpoint {path} holds a {type(checkpoint).__name__}, but a dict with a '
                         'state_dict is expected. Name a file written by training.')
    return checkpoint


# Where torch speaks of pickle internals only, MMEngine's own loader of local files would not say which
# file is corrupt. Unnecessary once mmengine passes `weights_only=True` and names the file.
CheckpointLoader.register_scheme(prefixes='', loader=load_checkpoint_file, force=True)


def _load_url(url: str, model_dir: str | None = None, map_location: str | torch.device | None = None,
              progress: bool = True) -> dict:
    """As torch's, which MMEngine uses and which unpickles anything."""
    path = Path(model_dir or f'{torch.hub.get_dir()}/checkpoints', Path(urlsplit(url).path).name)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(url, str(path), progress=progress)
    return load_checkpoint_file(path, map_location)


mmengine.runner.checkpoint.load_url = _load_url


def check_checkpoint(path: str) -> None:
    """Refuse a checkpoint that :func:`load_checkpoint_file` cannot read; a URL is left to MMEngine."""
    if '://' not in path:
        load_checkpoint_file(path)


def normalise_prefix(prefix: str) -> str:
    """Return the prefix with its final dot, as MMEngine completes it too; '' stays ''."""
    return prefix if not prefix or prefix.endswith('.') else f'{prefix}.'


def strip_module(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return a state dict without the leading ``'module.'`` that distributed wrappers add."""
    return {name.removeprefix('module.'): value for name, value in state.items()}


def check_fit(module_state: Mapping[str, Any], checkpoint_state: Mapping[str, Any], prefix: str,
              source: str) -> None:
    """Refuse a checkpoint that lacks a tensor of the module or has it in another shape.

    Its names begin with the prefix, such as ``'backbone.'``. The source is its path, for messages.
    """
    prefix = normalise_prefix(prefix)
    found = strip_module(checkpoint_state)
    missing = [name for name in module_state if prefix + name not in found]
    if len(missing) == len(module_state):
        raise ValueError(
            f"Checkpoint {source} has none of the model's {len(module_state)} tensors "
            f'{_listing(prefix + name for name in missing)}; it has {_listing(found)}. Name a '
            "checkpoint of the config's method. One of the authors' released code has to be converted "
            'first: python tools/convert/released_checkpoint.py SRC DST')

    reshaped = [f'{prefix}{name} ({_shape(found[prefix + name])} instead of {_shape(value)})'
                for name, value in module_state.items()
                if prefix + name in found and _shape(found[prefix + name]) != _shape(value)]
    problem = None
    if missing and all((prefix + name).startswith('cls_head.') for name in missing):
        problem = ('it has no head for classes (cls_head), so it is of a pre-training. Name the '
                   'checkpoint of the task')
    elif missing:  # what is there is then of other layers, and its shapes say nothing
        problem = (f'{len(missing)} of {len(module_state)} tensors are missing: '
                   f'{_listing(prefix + name for name in missing)}. Probably the config has another S2S '
                   'encoder (s2s), branch, level of the contrast, or variant (paper or released)')
    elif reshaped:
        problem = (f'{len(reshaped)} of {len(module_state)} tensors have another shape: '
                   f'{_listing(reshaped)}. Probably the config has other sizes: hidden or projection '
                   'channels, joints, persons, coordinates, frames, classes, queue')
    if problem:
        raise ValueError(f'Checkpoint {source} does not fit the model: {problem}.')


def load_part(model: nn.Module, checkpoint_state: Mapping[str, Any], prefixes: tuple[str, ...],
              source: str) -> None:
    """Load the modules of a model whose names begin with one of the prefixes, if all of them fit."""
    part = {name: value for name, value in model.state_dict().items() if name.startswith(prefixes)}
    check_fit(part, checkpoint_state, '', source)
    state = strip_module(checkpoint_state)
    model.load_state_dict({name: state[name] for name in part}, strict=False)


def _listing(names) -> str:
    names = list(names)
    return '[' + ', '.join(names[:SHOWN]) + (', ...]' if len(names) > SHOWN else ']')


def _shape(value: Any) -> tuple[int, ...] | None:
    return tuple(value.shape) if hasattr(value, 'shape') else None


def checkpoint_places(cfg: Mapping[str, Any], work_dir: str) -> list[tuple[str, str, bool]]:
    """Say where the hooks of a config save checkpoints.

    That is a folder, names with ``{}`` for a number, and whether these are epochs.
    """
    places = []
    for hook in (*(cfg.get('default_hooks') or {}).values(), *(cfg.get('custom_hooks') or [])):
        if type_name(hook).endswith('CheckpointHook'):
            folder = work_dir
            if hook.get('out_dir') not in (None, os.path.abspath(work_dir)):
                folder = os.path.join(hook['out_dir'], os.path.basename(os.path.normpath(work_dir)))
            by_epoch = hook.get('by_epoch', True)
            name = hook.get('filename_tmpl') or ('epoch_{}.pth' if by_epoch else 'iter_{}.pth')
            places.append((folder, name, by_epoch))
    return places or [(work_dir, 'epoch_{}.pth', True)]


def last_checkpoint(cfg: Mapping[str, Any], work_dir: str) -> str:
    """Say where a training by epochs leaves its last checkpoint."""
    folder, name, by_epoch = checkpoint_places(cfg, work_dir)[0]
    name = name.format(cfg['train_cfg']['max_epochs']) if by_epoch else re.sub('{.*?}', 'LAST', name)
    return os.path.join(folder, name)


def find_resume_checkpoint(cfg: Mapping[str, Any]) -> str | None:
    """Find the readable checkpoint with most iterations where a training by the config leaves them.

    Beside the config's names, it looks for ``epoch_*.pth`` and ``iter_*.pth``. MMEngine trusts the file
    ``last_checkpoint``, which names a checkpoint that a killed run may have left incomplete, or have
    been about to write. What is older than a readable ``last_checkpoint`` is of an earlier training.
    Where none of them can be read, it refuses to let a training overwrite them.
    """
    found, refused = [], []
    since = _time_of_last_checkpoint(Path(cfg['work_dir']))
    patterns = {(Path(folder, each).parent, Path(each).name)
                for folder, name, _ in checkpoint_places(cfg, cfg['work_dir'])
                for each in (name, 'epoch_{}.pth', 'iter_{}.pth')}
    for folder, name in patterns:
        pattern = re.sub(r'\\{.*?\\}', r'(\\d+)', re.escape(name))
        numbered = [(int((match.groups() or '0')[0]), path) for path in folder.glob('*')
                    if (match := re.fullmatch(pattern, path.name)) and path.stat().st_mtime >= since]
        for _, path in sorted(numbered, reverse=True):
            try:
                found.append((load_checkpoint_file(path).get('meta', {}).get('iter', 0), str(path)))
                break
            except ValueError as error:
                print_log(f'Not resuming from it: {error}', 'current', logging.WARNING)
                refused.append(str(error))
    if refused and not found:
        raise ValueError('\n'.join([
            'None of the checkpoints there can be resumed, and a training from the beginning would '
            'overwrite them:', *refused, 'Move them away, or name another work dir.']))
    return max(found, default=(0, None))[1]


def _time_of_last_checkpoint(work_dir: Path) -> float:
    """When the checkpoint that ``last_checkpoint`` names was written; 0 if it cannot be read."""
    try:
        path = Path((work_dir / 'last_checkpoint').read_text().strip())
        path = path if path.is_file() else work_dir / path.name  # the folder may have been moved
        load_checkpoint_file(path)
    except (OSError, ValueError):
        return 0
    return path.stat().st_mtime
