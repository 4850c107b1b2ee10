"""Walking through the dicts of a config, and the types that they name."""
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import mmaction.registry
from mmengine.registry import Registry

REGISTRIES = [value for value in vars(mmaction.registry).values()
              if isinstance(value, Registry) and value.parent]


def iter_dicts(node: Any) -> Iterator[dict]:
    """Yield all dicts at or below a node of a config, an outer one first; they may be changed."""
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, (list, tuple)):
        for child in node:
            yield from iter_dicts(child)


def type_name(node: Any) -> str:
    """The plain name of the type of a dict, which may be a class, or have a scope or a module."""
    kind = node.get('type') if isinstance(node, dict) else None
    return '' if kind is None else spell(kind).rpartition('.')[2]


def spell(kind: Any) -> str:
    """The name by which MMEngine finds a class or function again."""
    if isinstance(kind, str):
        return kind
    for registry in REGISTRIES:
        for name, found in {**registry.parent.module_dict, **registry.module_dict}.items():
            if found is kind:
                return name
    return f'{kind.__module__}.{kind.__qualname__}' if hasattr(kind, '__qualname__') else str(kind)


def spell_types(node: Any) -> None:
    """Put names in the place of the classes of MMEngine's pure-Python configs, in place."""
    for found in iter_dicts(node):
        if callable(found.get('type')):
            found['type'] = spell(found['type'])


def find_classes(kind: Any) -> list[Callable]:
    """What a type in a config stands for, in any registry of MMAction2."""
    if not isinstance(kind, str):
        return [kind]
    classes = []
    for registry in REGISTRIES:
        with suppress(RuntimeError, ImportError):  # it may have nothing to import its modules from
            classes.append(registry.get(kind))
    return [found for found in classes if found is not None]


def plain(node: Any) -> Any:
    """Turn a part of a config into what JSON gives back, however its types are written."""
    if isinstance(node, dict):
        return {str(key): type_name(node) if key == 'type' else plain(value)
                for key, value in node.items()}
    if isinstance(node, (list, tuple)):
        return [plain(value) for value in node]
    return node if isinstance(node, (str, int, float, bool)) or node is None else str(node)
