"""PKU-MMD I and II: splits, labels and conversion.

Liu et al., PKU-MMD, 2017.
"""
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from .conversion import Converter
from .files import find_files, read_text
from .outcome import MALFORMED, Outcome
from .pku_fifty_frames import fifty_frames
from .text import LineReader, MalformedFile

NUM_PERSONS, NUM_JOINTS = 2, 25
FRAME_WIDTH = NUM_PERSONS * NUM_JOINTS * 3
NUM_CLASSES = 51
MAX_FRAMES = 300
# The headings in the publisher's lists are 'Training videos:' and 'Validataion videos:'.
HEADING = re.compile(r'^[^\S\n]*(train|val|test)[^:,\n]*(?::|$)', re.IGNORECASE | re.MULTILINE)


def first_frames(keypoint: np.ndarray) -> np.ndarray:
    """Take at most the first 300 frames (M, T, V, 3)."""
    return keypoint[:, :MAX_FRAMES]


FORMS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    'ntu': first_frames,
    '50frames': fifty_frames,
}


@dataclass(frozen=True)
class Video:
    """The files of a video.

    Args:
        name (str): Name of the video, such as ``'0002-L'`` or ``'A01N01-L'``.
        split (str): Name of its split.
        skeleton (Path): A line of coordinates per frame.
        label (Path): A line ``class,start,end,confidence`` per action.
    """

    name: str
    split: str
    skeleton: Path
    label: Path


def read_split_list(path: Path) -> dict[str, str]:
    """Read the publisher's list of training and validation videos.

    Args:
        path (Path): A text file with headings such as ``'Training videos:'``, and names separated by
            commas or white space under each.

    Returns:
        dict[str, str]: ``'train'`` or ``'val'`` by the name of the video.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If a heading or the names under it are missing, or a video is in both parts.
    """
    text = read_text(path, "the publisher's list of training and validation videos")
    _, *sections = HEADING.split(text)
    parts = {}
    for heading, section in zip(sections[::2], sections[1::2], strict=True):
        part = 'train' if heading.lower() == 'train' else 'val'
        for name in re.findall(r'[^\s,;]+', section):
            name = name.removesuffix('.txt')
            if parts.setdefault(name, part) != part:
                raise ValueError(f'{path} has {name} among the training and the validation videos; '
                                 'take it out of one of the two.')
    if set(parts.values()) != {'train', 'val'}:
        raise ValueError(f"{path} names {len(parts)} videos under {len(sections) // 2} headings, "
                         "expected names under 'Training videos:' and 'Validation videos:'; name "
                         "the publisher's list.")
    return parts


def find_tasks(skeletons: Path, labels: Path, split_list: Path, benchmark: str = 'xsub'
               ) -> tuple[list[Video], list[tuple[str, str]]]:
    """Find the videos of a list.

    Args:
        skeletons (Path): Folder of skeleton files.
        labels (Path): Folder of label files, of the same names.
        split_list (Path): See :func:`read_split_list`.
        benchmark (str): Name of the split, to which ``_train`` or ``_val`` is added. Defaults to
            'xsub'.

    Returns:
        tuple[list[Video], list[tuple[str, str]]]: The videos to convert; a reason and a name for
        each that is not.

    Raises:
        FileNotFoundError: If a folder, the files in it or the list are not there.
        ValueError: If two files have the same name, or the list is unfit.
    """
    parts = read_split_list(split_list)
    skeletons = find_files(skeletons, '.txt', 'the PKU-MMD skeletons')
    labels = find_files(labels, '.txt', 'the PKU-MMD labels')
    tasks, left_out = [], []
    for name, part in sorted(parts.items()):
        if name not in skeletons:
            left_out.append(('without a skeleton file', name))
        elif name not in labels:
            left_out.append(('without a label file', name))
        else:
            tasks.append(Video(name, f'{benchmark}_{part}', skeletons[name], labels[name]))
    left_out += [('not in the split list', name) for name in skeletons if name not in parts]
    return tasks, left_out


def read_skeleton(path: Path) -> np.ndarray:
    """Read the skeletons of a video.

    Args:
        path (Path): The file.

    Returns:
        np.ndarray: Joint coordinates (M=2, T, V=25, 3), float32, zeros where a person is absent.

    Raises:
        MalformedFile: If it is not in the publisher's format.
    """
    reader = LineReader(path)
    frames = reader.table(max(reader.num_left, 1), FRAME_WIDTH, FRAME_WIDTH, 'a frame')
    frames = np.array(frames, np.float32).reshape(-1, NUM_PERSONS, NUM_JOINTS, 3)
    return frames.transpose(1, 0, 2, 3)


def read_labels(path: Path) -> list[tuple[int, int, int]]:
    """Read the actions of a video.

    Args:
        path (Path): The file.

    Returns:
        list[tuple[int, int, int]]: Of each action the class from 1, the first frame, and the frame
        after the last.

    Raises:
        MalformedFile: If it is not in the publisher's format.
    """
    reader = LineReader(path, separator=b',')
    actions = []
    while reader.num_left or not actions:
        row = reader.table(1, 4, 3, 'an action (class, start, end, confidence)')
        action = tuple(map(int, row))
        if list(action) != row:
            raise MalformedFile(path, f'line {reader.at}', f'class, start and end are {row}, where '
                                'whole numbers are expected.')
        actions.append(action)
    return actions


@dataclass(frozen=True)
class PKUConverter(Converter):
    """Converts videos, action by action; a task is a :class:`Video`.

    Persons stay in the order of the file. An action is named after its video and its number, from 0,
    among the labels of the video; it ends with the video, if not before.

    Args:
        form (str): ``'ntu'``: coordinates as they are, at most 300 frames, for
            ``NormalizeSkeleton``; ``'50frames'``: see :func:`fifty_frames`. Defaults to 'ntu'.
    """

    chunk_size: ClassVar[int] = 4  # videos are long

    form: str = 'ntu'

    def sources(self, task: Video) -> list[Path]:
        """Skeletons and labels."""
        return [task.skeleton, task.label]

    def convert(self, task: Video) -> Outcome:
        """Convert one video."""
        actions = read_labels(task.label)
        keypoint = read_skeleton(task.skeleton)  # (M, T, V, 3)
        num_frames = keypoint.shape[1]
        outcome = Outcome()
        for i, (number, start, end) in enumerate(actions):
            if not (1 <= number <= NUM_CLASSES and 0 <= start < min(end, num_frames)):
                outcome.left_out.append((MALFORMED, (
                    f'{task.label}, line {i + 1}: class {number} in frames {start} to {end}, where '
                    f'a class from 1 to {NUM_CLASSES} and 0 <= start < end are expected, in a video '
                    f'of {num_frames} frames.')))
                continue
            outcome.add_sequence(f'{task.name}_{i:03d}', FORMS[self.form](keypoint[:, start:end]),
                                 number - 1, (task.split, ))
        return outcome
