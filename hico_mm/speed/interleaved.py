"""Measure forms of the same work side by side, so that what else the machine does hits all alike."""
import statistics
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

Form = TypeVar('Form')
CLOCKS = dict(wall=time.perf_counter, cpu=time.process_time)


class Ratio(NamedTuple):
    """Median and range of the ratios of the rounds."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f'{self.median:.3f} ({self.low:.3f} to {self.high:.3f})'


def time_interleaved(forms: Mapping[Form, Callable[[], object]], rounds: int, clock: str = 'wall',
                     wait: Callable[[], None] = lambda: None) -> dict[Form, list[float]]:
    """Run every form once in each round, after a round that does not count.

    Args:
        forms (Mapping): Name -> what to time.
        rounds (int): Number of rounds.
        clock (str): ``'wall'``, or ``'cpu'`` for the time of all threads of this process, which a
            busy machine disturbs less. Defaults to ``'wall'``.
        wait (Callable): Returns when the device has done its work. Defaults to nothing.

    Returns:
        dict[Form, list[float]]: Seconds of each form, round by round.
    """
    now = CLOCKS[clock]
    seconds = {name: [] for name in forms}
    for index in range(rounds + 1):
        # Every other round goes backwards, so that no form always follows the same one.
        for name, form in list(forms.items())[::1 if index % 2 else -1]:
            wait()
            start = now()
            form()
            wait()
            if index > 0:
                seconds[name].append(now() - start)
    return seconds


def ratio(numerator: list[float], denominator: list[float]) -> Ratio:
    """Compare two forms round by round.

    Args:
        numerator (list[float]): Seconds of one form.
        denominator (list[float]): Seconds of the other, of the same rounds.

    Returns:
        Ratio: Median, smallest and largest of the ratios.
    """
    ratios = [a / b for a, b in zip(numerator, denominator, strict=True)]
    return Ratio(statistics.median(ratios), min(ratios), max(ratios))
