"""Progress of what takes long."""
import io
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sized
from typing import TypeVar

from mmengine.utils import ProgressBar

Item = TypeVar('Item')
PATIENCE = 2  # seconds


def track(items: Iterable[Item]) -> Iterator[Item]:
    """Yield items, with a progress bar on stderr once they take longer than a moment."""
    bar = ProgressBar(len(items) if isinstance(items, Sized) else 0, file=io.StringIO())
    for item in items:
        yield item
        if bar.timer.since_start() > PATIENCE:
            bar.file = sys.stderr
        bar.update()
    if bar.file is sys.stderr:
        bar.file.write('\n')


def track_by_name(items: Mapping[str, Item], step: str) -> Iterator[tuple[str, Item]]:
    """Yield names and items, and print after each how long the step took."""
    for name, item in items.items():
        start = time.perf_counter()
        yield name, item
        print(f'{name}: {step}, {time.perf_counter() - start:.1f} s', flush=True)
