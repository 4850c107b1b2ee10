"""Comparison of a checkpoint with the module that is to take its weights."""
from collections.abc import Mapping
from typing import Any

from torch import nn

SHOWN = 3  # names listed in a message


def normalise_prefix(prefix: str) -> str:
    """Return the prefix with its final dot, as MMEngine completes it too; '' stays ''."""
    return prefix if not prefix or prefix.endswith('.') else f'{prefix}.'


def strip_module(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return a state dict without the leading ``'module.'`` that distributed wrappers add."""
    return {name.removeprefix('module.'): value for name, value in state.items()}


def check_fit(module_state: Mapping[str, Any], checkpoint_state: Mapping[str, Any], prefix: str,
              source: str) -> None:
    """Refuse a checkpoint that lacks a tensor of the module or has it in another shape.

    Args:
        module_state (Mapping[str, Any]): The module's own ``state_dict()``.
        checkpoint_state (Mapping[str, Any]): The checkpoint's ``state_dict``. A leading
            ``'module.'`` of its names is ignored, as MMEngine does.
        prefix (str): What comes before the module's names in the checkpoint, such as
            ``'backbone.'``; ``''`` for the whole model.
        source (str): Path of the checkpoint, for messages.

    Raises:
        ValueError: If the checkpoint does not fit.
    """
    prefix = normalise_prefix(prefix)
    found = strip_module(checkpoint_state)
    missing = [name for name in module_state if prefix + name not in found]
    if len(missing) == len(module_state):
        raise ValueError(
            f"Checkpoint {source} has none of the model's {len(module_state)} tensors "
            f'{_listing(prefix + name for name in missing)}; it has {_listing(found)}. Name a '
            "checkpoint of this project. One of the authors' released code has to be converted "
            'first: python tools/convert/released_checkpoint.py SRC DST')

    reshaped = [
        f'{prefix}{name} ({_shape(found[prefix + name])} instead of {_shape(value)})'
        for name, value in module_state.items()
        if prefix + name in found and _shape(found[prefix + name]) != _shape(value)
    ]
    problems = []
    if missing:
        problems.append(f'{len(missing)} of {len(module_state)} tensors are missing: '
                        f'{_listing(prefix + name for name in missing)}. Probably the config has '
                        'another S2S encoder, branch, level of the contrast or variant')
    if reshaped:
        problems.append(f'{len(reshaped)} of {len(module_state)} tensors have another shape: '
                        f'{_listing(reshaped)}. Probably the config has other sizes: hidden or '
                        'projection channels, joints, persons, coordinates, frames, classes, queue')
    if problems:
        raise ValueError(f"Checkpoint {source} does not fit the model: {'; '.join(problems)}.")


def load_part(model: nn.Module, checkpoint_state: Mapping[str, Any], prefixes: tuple[str, ...],
              source: str) -> None:
    """Load some modules of a model, refusing a checkpoint that does not fit them.

    Args:
        model (nn.Module): The model, changed in place.
        checkpoint_state (Mapping[str, Any]): As of :func:`check_fit`; its other tensors are left.
        prefixes (tuple[str, ...]): Beginnings of the names to load, such as ``'backbone.'``.
        source (str): Path of the checkpoint, for messages.

    Raises:
        ValueError: If the checkpoint does not fit.
    """
    part = {name: value for name, value in model.state_dict().items() if name.startswith(prefixes)}
    check_fit(part, checkpoint_state, '', source)
    state = strip_module(checkpoint_state)
    model.load_state_dict({name: state[name] for name in part}, strict=False)


def _listing(names) -> str:
    names = list(names)
    return '[' + ', '.join(names[:SHOWN]) + (', ...]' if len(names) > SHOWN else ']')


def _shape(value: Any) -> tuple[int, ...] | None:
    return tuple(value.shape) if hasattr(value, 'shape') else None
