"""PKU-MMD I and II (Liu et al., 2017): splits, labels and conversion."""
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..transforms.augment import ShoulderAlign
from ..transforms.temporal import resize_frames
from .conversion import MALFORMED, Outcome
from .files import LineReader, MalformedFile, find_files, read_text

NUM_PERSONS, NUM_JOINTS = 2, 25
FRAME_WIDTH = NUM_PERSONS * NUM_JOINTS * 3
NUM_CLASSES = 51
MAX_FRAMES = 300
# The headings in the publisher's lists are 'Training videos:' and 'Validataion videos:'.
HEADING = re.compile(r'^[^\S\n]*(train|val|test)[^:,\n]*(?::|$)', re.IGNORECASE | re.MULTILINE)
FORMS = ('ntu', '50frames')
CENTER = 20  # spine between the shoulders


@dataclass(frozen=True)
class Video:
    """The files of a video."""

    name: str  # such as 0002-L or A01N01-L
    split: str
    skeleton: Path  # a line of coordinates for each frame
    label: Path  # a line class,start,end,confidence for each action


def read_split_list(path: Path) -> dict[str, str]:
    """Read the publisher's list: ``'train'`` or ``'val'`` by the name of the video."""
    text = read_text(path, "the publisher's list of training and validation videos")
    _, *sections = HEADING.split(text)
    parts = {}
    for heading, section in zip(sections[::2], sections[1::2], strict=True):
        part = 'train' if heading.lower() == 'train' else 'val'
        for name in re.findall(r'[^\s,;]+', section):
            name = name.upper().removesuffix('.TXT')
            if parts.setdefault(name, part) != part:
                raise ValueError(f'{path} has {name} among the training and the validation videos. '
                                 'Remove it from one of the two.')
    if set(parts.values()) != {'train', 'val'}:
        raise ValueError(f"{path} names {len(parts)} videos under {len(sections) // 2} headings, "
                         "expected names under 'Training videos:' and 'Validation videos:'. Give "
                         "the publisher's list.")
    return parts


def find_tasks(skeletons: Path, labels: Path, split_list: Path, benchmark: str = 'xsub'
               ) -> tuple[list[Video], list[tuple[str, str]]]:
    """Find the videos of a list to convert, and a reason and a name for each that is left out.

    Skeleton and label of a video have the same name. ``benchmark`` begins the names of the splits.
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
    """Read the joint coordinates of a video (M=2, T, V=25, 3), zeros where a person is absent."""
    reader = LineReader(path)
    frames = reader.table(max(reader.num_left, 1), FRAME_WIDTH, FRAME_WIDTH, 'a frame')
    frames = np.array(frames, np.float32).reshape(-1, NUM_PERSONS, NUM_JOINTS, 3)  # (T, M, V, 3)
    return frames.transpose(1, 0, 2, 3)


def read_labels(path: Path) -> list[tuple[int, int, int]]:
    """Read the actions of a video: class from 1, first frame, frame after the last."""
    reader = LineReader(path, separator=b',')
    actions = []
    while reader.num_left or not actions:
        row = reader.table(1, 4, 3, 'an action (class, start, end, confidence)')
        action = tuple(map(int, row))
        if list(action) != row:
            raise reader.fault(f'expected whole numbers as class, start and end, got {row}.')
        actions.append(action)
    return actions


def fifty_frames(keypoint: np.ndarray) -> np.ndarray:
    """Centre each person, resize to 50 frames, and turn each frame to the front.

    The form of PKU-MMD that the paper's experiments used. The distance of two persons is lost. Of more
    than 300 frames the middle ones are taken.
    """
    start = max(keypoint.shape[1] - MAX_FRAMES, 0) // 2
    keypoint = keypoint[:, start:start + MAX_FRAMES]
    keypoint = resize_frames(keypoint - keypoint[:, :, CENTER, None], 50)  # (M, 50, V, 3)
    return ShoulderAlign().apply(keypoint)


def convert_video(video: Video, form: str = 'ntu') -> Outcome:
    """Convert a video, action by action, with the persons in the order of the file.

    An action is named after its video and its number, from 0, in the label file. It ends with the video,
    if not before. The form ``'ntu'`` is its first 300 frames; ``'50frames'`` is :func:`fifty_frames`.
    """
    actions = read_labels(video.label)
    keypoint = read_skeleton(video.skeleton)  # (M, T, V, 3)
    num_frames = keypoint.shape[1]
    outcome = Outcome()
    for i, (number, start, end) in enumerate(actions):
        if not (1 <= number <= NUM_CLASSES and 0 <= start < min(end, num_frames)):
            fault = MalformedFile(video.label, f'line {i + 1}', (
                f'expected a class from 1 to {NUM_CLASSES} and 0 <= start < end in a video of '
                f'{num_frames} frames, got class {number} in frames {start} to {end}.'))
            outcome.left_out.append((MALFORMED, str(fault)))
            continue
        action = keypoint[:, start:end]
        action = fifty_frames(action) if form == '50frames' else action[:, :MAX_FRAMES]
        outcome.add_sequence(f'{video.name}_{i:03d}', action, number - 1, (video.split, ))
    return outcome
