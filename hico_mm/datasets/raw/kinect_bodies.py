"""Bodies that a Kinect v2 saw, and the persons made of them.

Sensor and format: Shahroudy et al., NTU RGB+D, CVPR 2016.
"""
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .text import LineReader

NUM_JOINTS = 25
BODY_WIDTH = 10  # body id, seven states of hands and edges, lean x and y, tracking state
# x y z, then depth x y, colour x y, orientation w x y z, tracking state. Where the sensor knew
# nothing these others can be no numbers at all, and nothing here needs them.
JOINT_WIDTH = 12


@dataclass
class Bodies:
    """The bodies of all frames, in the order of the file (B of them).

    Args:
        num_frames (int): Number of frames T, frames without a body included.
        frame (list[int]): Frame of each body.
        position (list[int]): Position of each body in its frame.
        body_id (list[bytes]): Id of each body. As text, for it has more digits than a float holds.
        joints (np.ndarray): Joint coordinates (B, V, 3), float32.
    """

    num_frames: int
    frame: list[int]
    position: list[int]
    body_id: list[bytes]
    joints: np.ndarray


def read_skeleton(path: Path) -> Bodies:
    """Read a ``.skeleton`` file.

    Args:
        path (Path): The file.

    Returns:
        Bodies: Its bodies.

    Raises:
        MalformedFile: If it is not in the publisher's format.
    """
    reader = LineReader(path)
    frames, positions, ids, joints = [], [], [], []
    num_frames = reader.count('the number of frames')
    for frame in range(num_frames):
        for position in range(reader.count('the number of bodies')):
            frames.append(frame)
            positions.append(position)
            ids.append(reader.values(BODY_WIDTH, 'a body')[0])
            reader.constant(NUM_JOINTS, 'the number of joints')
            joints.append(reader.table(NUM_JOINTS, JOINT_WIDTH, 3, 'a joint'))
    reader.end()
    joints = np.array(joints, np.float32).reshape(-1, NUM_JOINTS, 3)
    return Bodies(num_frames, frames, positions, ids, joints)


def persons_by_position(bodies: Bodies, max_persons: int = 4) -> np.ndarray:
    """Take the bodies at the same position in their frames for one person.

    The NTU preprocessing of the paper's experiments: ids are ignored.

    Args:
        bodies (Bodies): The bodies.
        max_persons (int): Positions from this one on are ignored. Defaults to 4.

    Returns:
        np.ndarray: Joint coordinates (M, T, V, 3), zeros where a person is absent.
    """
    used = np.array(bodies.position, int) < max_persons
    return _place(bodies, bodies.position, used)


def persons_by_track(bodies: Bodies) -> np.ndarray:
    """Take the bodies with the same id for one person, also after an absence.

    Args:
        bodies (Bodies): The bodies.

    Returns:
        np.ndarray: Joint coordinates (M, T, V, 3), zeros where a person is absent; persons are in
        the order of their appearance.
    """
    seen = Counter()
    tracks = []
    for key in zip(bodies.frame, bodies.body_id, strict=True):
        # A second body of the same id in a frame is somebody else.
        tracks.append((key[1], seen[key]))
        seen[key] += 1
    number = {track: i for i, track in enumerate(dict.fromkeys(tracks))}
    return _place(bodies, [number[track] for track in tracks], np.ones(len(tracks), bool))


def _place(bodies: Bodies, persons: list[int], used: np.ndarray) -> np.ndarray:
    persons = np.array(persons, int)[used]
    num_persons = persons.max(initial=-1) + 1
    keypoint = np.zeros((num_persons, bodies.num_frames, NUM_JOINTS, 3), np.float32)
    keypoint[persons, np.array(bodies.frame, int)[used]] = bodies.joints[used]
    return keypoint
