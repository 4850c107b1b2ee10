"""NTU RGB+D 60 and 120: names, splits and conversion.

Shahroudy et al., CVPR 2016; Liu et al., TPAMI 2020.
"""
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..transforms.persons import most_energetic
from .conversion import Converter
from .files import find_files, read_text
from .kinect_bodies import persons_by_position, persons_by_track, read_skeleton
from .outcome import Outcome

NAME = re.compile(r'S(?P<setup>\d{3})C(?P<camera>\d{3})P(?P<subject>\d{3})R\d{3}A(?P<action>\d{3})')
# Subjects and cameras of the training splits; in cross-setup the even setups train.
SUBJECTS_60 = frozenset((1, 2, 4, 5, 8, 9, 13, 14, 15, 16, 17, 18, 19, 25, 27, 28, 31, 34, 35, 38))
SUBJECTS_120 = SUBJECTS_60 | frozenset((
    45, 46, 47, 49, 50, 52, 53, 54, 55, 56, 57, 58, 59, 70, 74, 78, 80, 81, 82, 83, 84, 85, 86, 89,
    91, 92, 93, 94, 95, 97, 98, 100, 103))
CAMERAS = frozenset((2, 3))
BENCHMARKS = (60, 120)  # by their number of classes
PERSONS = dict(protocol=persons_by_position, track=persons_by_track)


def parse_name(name: str) -> dict[str, int] | None:
    """Read the numbers in the name of a recording.

    Args:
        name (str): Name such as ``'S001C002P003R002A013'``.

    Returns:
        dict[str, int] or None: ``setup``, ``camera``, ``subject`` and ``action``, each from 1; None
        for another name.
    """
    match = NAME.fullmatch(name)
    return match and {key: int(value) for key, value in match.groupdict().items()}


def find_splits(numbers: dict[str, int], benchmark: int) -> tuple[str, str]:
    """Name the splits of a recording.

    Args:
        numbers (dict[str, int]): What :func:`parse_name` returns.
        benchmark (int): 60 or 120.

    Returns:
        tuple[str, str]: Its cross-subject split, and its cross-view (60) or cross-setup (120) one.
    """
    def part(is_train: bool) -> str:
        return 'train' if is_train else 'val'

    if benchmark == 60:
        return (f"xsub_{part(numbers['subject'] in SUBJECTS_60)}",
                f"xview_{part(numbers['camera'] in CAMERAS)}")
    return (f"xsub_{part(numbers['subject'] in SUBJECTS_120)}",
            f"xset_{part(numbers['setup'] % 2 == 0)}")


def find_tasks(folder: Path, benchmark: int, missing_lists: Sequence[Path] = ()
               ) -> tuple[list[Path], list[tuple[str, str]]]:
    """Find the recordings of a benchmark.

    Args:
        folder (Path): Folder with the ``.skeleton`` files.
        benchmark (int): 60 or 120.
        missing_lists (Sequence[Path]): Text files that name recordings with missing skeletons.

    Returns:
        tuple[list[Path], list[tuple[str, str]]]: The files to convert; a reason and a name for each
        that is not.

    Raises:
        FileNotFoundError: If the folder, a ``.skeleton`` file in it or a list is not there.
        ValueError: If two files have the same name, or a list names no recording.
    """
    missing = {name for path in missing_lists for name in read_missing_list(path)}
    tasks, left_out = [], []
    for name, path in find_files(folder, '.skeleton', 'the NTU RGB+D skeletons').items():
        numbers = parse_name(name)
        if numbers is None:
            left_out.append(('not named SsssCcccPpppRrrrAaaa', path.name))
        elif not 1 <= numbers['action'] <= benchmark:
            left_out.append((f'not of the {benchmark} classes', name))
        elif name in missing:
            left_out.append(('in a list of missing skeletons', name))
        else:
            tasks.append(path)
    return tasks, left_out


def read_missing_list(path: Path) -> list[str]:
    """Read the publisher's list of recordings with missing skeletons.

    Args:
        path (Path): A text file; only the names in it count.

    Returns:
        list[str]: The names.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it names no recording.
    """
    text = read_text(path, 'a list of NTU RGB+D recordings with missing skeletons')
    names = [match[0] for match in NAME.finditer(text)]
    if not names:
        raise ValueError(f'{path} names no recording, expected names such as S001C002P005R002A008; '
                         "name the publisher's list of missing skeletons.")
    return names


@dataclass(frozen=True)
class NTUConverter(Converter):
    """Converts ``.skeleton`` files; a task is the path of one.

    Args:
        benchmark (int): 60 or 120. Defaults to 60.
        persons (str): What makes a person of the bodies: ``'protocol'``, their position among the
            bodies of their frame, or ``'track'``, their id. Defaults to 'protocol'. Of the persons
            the two with the highest energy are kept, that with the highest first.
    """

    benchmark: int = 60
    persons: str = 'protocol'

    def sources(self, task: Path) -> list[Path]:
        """The file itself."""
        return [task]

    def convert(self, task: Path) -> Outcome:
        """Convert one file."""
        numbers = parse_name(task.stem)
        keypoint = most_energetic(PERSONS[self.persons](read_skeleton(task)))  # (M, T, V, 3)
        outcome = Outcome()
        outcome.add_sequence(
            task.stem, keypoint, label=numbers['action'] - 1,
            splits=find_splits(numbers, self.benchmark), subject=numbers['subject'])
        return outcome
