"""Skeletons in the plane: their projection and their bones as lines."""
import math
from argparse import ArgumentParser
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

UPS = ('z', 'y', '-y')
# Seen from a little to the person's right, so that what moves to the front is seen as well.
TURN = math.radians(30)
FROM_THE_FRONT = "Seen from the front: the person's left is on the right"
# Of the persons, told apart without colour too.
PERSONS = [dict(color='black', linestyle='-'), dict(color='#888888', linestyle='--')]


def add_up_argument(parser: ArgumentParser) -> None:
    """Add to a command line which coordinate points up, see :func:`project`.

    Args:
        parser (ArgumentParser): The parser to extend.
    """
    parser.add_argument('--up', choices=UPS, help='which coordinate points up, written --up=-y if it '
                        'points down; by default z, as after NormalizeSkeleton, and of joints with 2 '
                        'coordinates -y, as in an image')


def project(keypoint: np.ndarray, up: str | None = None) -> np.ndarray:
    """Project joints onto the plane as seen from the front, without perspective.

    Args:
        keypoint (np.ndarray): Joint coordinates (..., V, C) of 3 or 2 coordinates.
        up (str, optional): Which coordinate points up: ``'z'``, as after ``NormalizeSkeleton``; ``'y'``,
            as Kinects give it; or ``'-y'``, as cameras. With the last two, a person who faces the camera
            is seen from the front. Defaults to ``'z'``, and for 2 coordinates, those of an image, to
            ``'-y'``.

    Returns:
        np.ndarray: Places (..., V, 2), to the person's left and up.

    Raises:
        ValueError: If the joints have not 2 or 3 coordinates, or not the one that points up.
    """
    num_coords = keypoint.shape[-1]
    up = up or ('-y' if num_coords == 2 else 'z')
    if up not in UPS or num_coords not in (2, 3) or (num_coords == 2 and up == 'z'):
        raise ValueError(f'Joints with {num_coords} coordinates cannot be drawn with {up} up. They need '
                         f'2 or 3 coordinates, one of {UPS} up (--up); with 2 there is no z.')
    x, y = keypoint[..., 0], keypoint[..., 1]
    if num_coords == 2:
        return np.stack([x, y if up == 'y' else -y], axis=-1)
    z = keypoint[..., 2]
    left, front, height = {'z': (-x, y, z), 'y': (-x, -z, y), '-y': (x, -z, -y)}[up]
    return np.stack([math.cos(TURN) * left + math.sin(TURN) * front, height], axis=-1)


def bone_lines(joints: np.ndarray, parents: Sequence[int], missing: np.ndarray) -> np.ndarray:
    """List the ends of the bones, as one line with gaps.

    Args:
        joints (np.ndarray): Places (V, 2).
        parents (Sequence[int]): Parent of each of the V joints; a root is its own.
        missing (np.ndarray): Which joints are missing, (V, ) bool. Their bones are left out.

    Returns:
        np.ndarray: Joint, parent and NaN in turn for each bone, (3 * bones, 2).
    """
    parents = np.asarray(parents)
    child = np.flatnonzero((parents != np.arange(len(parents))) & ~missing & ~missing[parents])
    gap = np.full((len(child), 2), np.nan)
    return np.stack([joints[child], joints[parents[child]], gap], axis=1).reshape(-1, 2)


def bounds(joints: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """Measure poses.

    Args:
        joints (np.ndarray): Places (..., V, 2).
        missing (np.ndarray): Which joints are missing, (..., V) bool.

    Returns:
        np.ndarray: Lower left and upper right corner of what is there, (2, 2); zeros if nothing is.
    """
    there = joints[~missing]
    return np.stack([there.min(axis=0), there.max(axis=0)]) if len(there) else np.zeros((2, 2))


def absent_persons(keypoint: np.ndarray) -> np.ndarray:
    """Mark the joints of persons who are not in a frame.

    Args:
        keypoint (np.ndarray): Joint coordinates (..., V, C).

    Returns:
        np.ndarray: Whether all joints of the person are zero, (..., V) bool.
    """
    absent = ~keypoint.any(axis=(-2, -1))
    return np.broadcast_to(absent[..., None], keypoint.shape[:-1])


def draw_pose(axes: Axes, joints: np.ndarray, parents: Sequence[int], missing: np.ndarray | None = None,
              **style) -> list[Line2D]:
    """Draw one frame of all its persons.

    Args:
        axes (Axes): Where to draw.
        joints (np.ndarray): Places (M, V, 2).
        parents (Sequence[int]): Parent of each of the V joints.
        missing (np.ndarray, optional): Which joints are missing, (M, V) bool. Where their zeros are
            stands a cross; a person without any joint is not drawn at all. Defaults to none.
        **style: Of all lines, instead of that of the persons.

    Returns:
        list[Line2D]: Three lines for each person, see :func:`set_pose`.
    """
    lines = []
    for person in range(len(joints)):
        look = {**PERSONS[person % len(PERSONS)], **style}
        bones, = axes.plot([], [], linewidth=1.2, solid_capstyle='round', **look)
        seen, = axes.plot([], [], marker='.', markersize=3, **{**look, 'linestyle': ''})
        cross, = axes.plot([], [], marker='x', markersize=6, **{**look, 'linestyle': ''})
        lines += [bones, seen, cross]
    set_pose(lines, joints, parents, missing)
    return lines


def set_pose(lines: Sequence[Line2D], joints: np.ndarray, parents: Sequence[int],
             missing: np.ndarray | None = None) -> None:
    """Move what :func:`draw_pose` has drawn; arguments as there.

    Args:
        lines (Sequence[Line2D]): For each person the bones, the joints that are there, and those
            that are missing.
        joints (np.ndarray): Places (M, V, 2).
        parents (Sequence[int]): Parent of each of the V joints.
        missing (np.ndarray, optional): Which joints are missing, (M, V) bool.
    """
    if missing is None:
        missing = np.zeros(joints.shape[:2], dtype=bool)
    for person, (places, gone) in enumerate(zip(joints, missing, strict=True)):
        there = bone_lines(places, parents, gone), places[~gone], places[gone & ~gone.all()]
        for line, drawn in zip(lines[3 * person:3 * person + 3], there, strict=True):
            line.set_data(*drawn.T)
