"""Walks through configs."""
from collections.abc import Iterator
from typing import Any


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
