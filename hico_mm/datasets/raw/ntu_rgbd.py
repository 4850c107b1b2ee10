"""NTU RGB+D 60 (Shahroudy et al., CVPR 2016) and 120 (Liu et al., TPAMI 2020): splits and files."""
import logging
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from mmengine.logging import print_log

from ..transforms.persons import most_energetic
from .conversion import Outcome
from .files import LineReader, find_files, read_text

NAME = re.compile(r'S(?P<setup>\d{3})C(?P<camera>\d{3})P(?P<subject>\d{3})R\d{3}A(?P<action>\d{3})')
# Subjects and cameras of the training splits; in cross-setup the even setups train.
SUBJECTS_60 = frozenset((1, 2, 4, 5, 8, 9, 13, 14, 15, 16, 17, 18, 19, 25, 27, 28, 31, 34, 35, 38))
SUBJECTS_120 = SUBJECTS_60 | frozenset((
    45, 46, 47, 49, 50, 52, 53, 54, 55, 56, 57, 58, 59, 70, 74, 78, 80, 81, 82, 83, 84, 85, 86, 89,
    91, 92, 93, 94, 95, 97, 98, 100, 103))
CAMERAS = frozenset((2, 3))
BENCHMARKS = (60, 120)  # by their number of classes

NUM_JOINTS = 25
BODY_WIDTH = 10  # body id, seven states of hands and edges, lean x and y, tracking state
# x y z, then depth x y, colour x y, orientation w x y z, tracking state. Only x y z are used: where the
# sensor knew nothing, the others may not even be numbers.
JOINT_WIDTH = 12
SHORT = 11  # frames of a false body, see denoise
MAX_WIDTH = 0.8  # of a body for its height
MAX_WIDE_FRAMES = 0.69754


def parse_name(name: str) -> dict[str, int] | None:
    """Read setup, camera, subject and action, each from 1, off the name of a recording."""
    match = NAME.fullmatch(name)
    return match and {key: int(value) for key, value in match.groupdict().items()}


def find_splits(numbers: dict[str, int], benchmark: int) -> tuple[str, str]:
    """Name the cross-subject split, and the cross-view (60) or cross-setup (120) split."""
    if benchmark == 60:
        trains = dict(xsub=numbers['subject'] in SUBJECTS_60, xview=numbers['camera'] in CAMERAS)
    else:
        trains = dict(xsub=numbers['subject'] in SUBJECTS_120, xset=numbers['setup'] % 2 == 0)
    return tuple(f'{name}_train' if is_train else f'{name}_val' for name, is_train in trains.items())


def find_tasks(folder: Path, benchmark: int, missing_lists: Sequence[Path] = ()
               ) -> tuple[list[Path], list[tuple[str, str]]]:
    """Find the files of a benchmark to convert, and a reason and a name for each that is left out."""
    lists = {path: read_missing_list(path) for path in missing_lists}
    missing = set().union(*lists.values())
    files = find_files(folder, '.skeleton', 'the NTU RGB+D skeletons')
    for path, names in lists.items():
        if not files.keys() & names:
            print_log(f'{path} names {len(names)} recordings, but none that is in {folder}: it leaves '
                      'nothing out.', 'current', logging.WARNING)
    tasks, left_out = [], []
    for name, path in files.items():
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


def read_missing_list(path: Path) -> set[str]:
    """Read the names in the publisher's list of recordings with missing skeletons."""
    text = read_text(path, 'a list of NTU RGB+D recordings with missing skeletons')
    names = {match[0] for match in NAME.finditer(text.upper())}
    if not names:
        raise ValueError(f'{path} names no recording, expected names such as S001C002P005R002A008. '
                         "Give the publisher's list of missing skeletons.")
    return names


@dataclass
class Bodies:
    """The B bodies that a Kinect v2 saw, in the order of the file."""

    num_frames: int  # also those without a body
    frame: list[int]
    position: list[int]  # in the frame
    body_id: list[bytes]  # as text: an id has more digits than a float holds
    joints: np.ndarray  # (B, V, 3)


def read_skeleton(path: Path) -> Bodies:
    """Read a ``.skeleton`` file; raises ``MalformedFile`` if it is not in the publisher's format."""
    reader = LineReader(path)
    frames, positions, ids, joints = [], [], [], []
    num_frames = reader.count('the number of frames')
    for frame in range(num_frames):
        for position in range(reader.count('the number of bodies')):
            frames.append(frame)
            positions.append(position)
            ids.append(reader.values(BODY_WIDTH, 'a body')[0])
            reader.count('the number of joints', expected=NUM_JOINTS)
            joints.append(reader.table(NUM_JOINTS, JOINT_WIDTH, 3, 'a joint'))
    reader.end()
    joints = np.array(joints, np.float32).reshape(-1, NUM_JOINTS, 3)
    return Bodies(num_frames, frames, positions, ids, joints)


def persons_by_position(bodies: Bodies, max_persons: int = 4) -> np.ndarray:
    """Take the bodies at the same position in their frames for one person, (M, T, V, 3).

    This is the NTU preprocessing of the paper's experiments, which ignores ids and further persons.
    """
    return _place(bodies, bodies.position)[:max_persons]


def persons_by_track(bodies: Bodies) -> np.ndarray:
    """Take the bodies with the same id for one person, also after an absence, (M, T, V, 3)."""
    seen, persons, number_of = Counter(), [], {}
    for key in zip(bodies.frame, bodies.body_id, strict=True):
        # A second body with the same id in a frame is another person.
        track = key[1], seen[key]
        seen[key] += 1
        persons.append(number_of.setdefault(track, len(number_of)))
    return _place(bodies, persons)


def _place(bodies: Bodies, persons: list[int]) -> np.ndarray:
    """Put each body into the row of its person, (M, T, V, 3), with zeros where one is absent."""
    num_persons = max(persons, default=-1) + 1
    keypoint = np.zeros((num_persons, bodies.num_frames, NUM_JOINTS, 3), np.float32)
    keypoint[persons, bodies.frame] = bodies.joints
    return keypoint


def denoise(tracks: np.ndarray) -> np.ndarray:
    """Make two persons (M=2, T, V, 3) of tracks (M, T, V, 3), without false bodies.

    The rules behind MMAction2's files (PYSKL, tools/data/ntu_preproc.py): of several tracks those of at
    most 11 frames are false, and then those that are wide in most frames. The others come by falling
    variance, which wide frames do not raise, each as the first person who is absent in its frames.
    Frames without a person go, and who is there at the start comes first. A rule that would leave nobody
    is skipped; of tracks that are all wide, the one that moves most comes first.
    """
    seen = tracks.any(axis=(2, 3))  # (M, T)
    width, height, _ = np.moveaxis(np.ptp(tracks, axis=2), -1, 0)  # (M, T)
    narrow = seen & (width <= MAX_WIDTH * height)
    kept = [i for i, frames in enumerate(seen) if frames.sum() > SHORT] or range(len(tracks))
    upright = [i for i in kept if 1 - narrow[i].sum() / seen[i].sum() < MAX_WIDE_FRAMES]
    if upright:
        motion = {i: min(tracks[i, frames].var(axis=(0, 1)).sum() for frames in (seen[i], narrow[i]))
                  for i in upright}
    else:
        motion = {i: tracks[i, seen[i]].var(axis=0).sum() for i in kept}
    persons = np.zeros((2, *tracks.shape[1:]), tracks.dtype)
    for i in sorted(motion, key=motion.get, reverse=True):
        free = next((person for person in persons if not person[seen[i]].any()), None)
        if free is not None:
            free[seen[i]] = tracks[i, seen[i]]
    persons = persons[:, persons.any(axis=(0, 2, 3))]
    return persons if persons[0, :1].any() else persons[::-1]


# What makes a person of the bodies: their position in the frame, or their id, also of those not false.
PERSONS = dict(protocol=persons_by_position, track=persons_by_track, denoised=persons_by_track)


def read_persons(path: Path, persons: str = 'protocol') -> np.ndarray:
    """Read two persons (M, T, V=25, 3): those of the highest energy, falling, or of :func:`denoise`."""
    choose = denoise if persons == 'denoised' else most_energetic
    return choose(PERSONS[persons](read_skeleton(path)))


def convert_recording(path: Path, benchmark: int = 60, persons: str = 'protocol') -> Outcome:
    """Convert a ``.skeleton`` file of a benchmark, with persons by one of ``PERSONS``."""
    name = path.stem.upper()
    numbers = parse_name(name)
    outcome = Outcome()
    outcome.add_sequence(name, read_persons(path, persons), label=numbers['action'] - 1,
                         splits=find_splits(numbers, benchmark), subject=numbers['subject'])
    return outcome
