"""Skeletons in the plane: their projection, and their limbs as lines."""
import math
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from mmaction.registry import MODELS
from mmengine.config import Config

from hico_mm.datasets.layouts import LAYOUTS
from hico_mm.utils import OptionsAction, type_name

UPS = ('z', 'y', '-y')
# Seen from a little to the person's right, so that what moves to the front is seen as well.
TURN = math.radians(30)
# Of the limbs, told apart in grey, too: dark, light, and black for the trunk.
COLOURS = dict(left='#08519c', right='#fd8d3c', trunk='black')
PERSONS = ('-', '--')  # line styles
LINES = len(COLOURS) + 1  # of a person


class Poses(NamedTuple):
    """Some frames of one sequence in the plane."""

    places: np.ndarray  # of the joints, (F, M, V, 2)
    missing: np.ndarray  # which joints, (F, M, V) bool
    box: np.ndarray  # lower left and upper right corner of all poses, (2, 2)

    @property
    def size(self) -> np.ndarray:
        """Width and height of the box, (2, )."""
        return self.box[1] - self.box[0]


def add_arguments(parser: ArgumentParser) -> None:
    """Add ``--up``, see :func:`project`, and ``--cfg-options`` to a command line."""
    parser.add_argument('--up', choices=UPS, help='which coordinate points up, written --up=-y if it '
                        'points down; by default z, as after NormalizeSkeleton, and of joints with 2 '
                        'coordinates -y, as in an image')
    parser.add_argument('--cfg-options', nargs='+', action=OptionsAction, metavar='KEY=VALUE',
                        help='override settings of the config')


def load_bones(cfg: Config) -> tuple[tuple[int, ...], str]:
    """Look up the parents of the joints, and the stream, of a config's model."""
    config = cfg.model.get('data_preprocessor') or dict(type='SkeletonPreprocessor')
    preprocessor = MODELS.build(config)
    if not hasattr(preprocessor, 'parents'):
        raise ValueError(f"model.data_preprocessor of {cfg.filename} is {type_name(config)}, which "
                         "knows no bones. Use dict(type='SkeletonPreprocessor', parents=...).")
    return tuple(preprocessor.parents.tolist()), preprocessor.stream


def check_bones(keypoint: np.ndarray, parents: Sequence[int], cfg: Config) -> None:
    """Raise a ValueError if joints (..., V, C) are not as many as the parents of a config's model."""
    if keypoint.shape[-2] != len(parents):
        raise ValueError(f'The sequences have {keypoint.shape[-2]} joints, but '
                         f'model.data_preprocessor.parents of {cfg.filename} has {len(parents)}. Give '
                         'the parents of this layout.')


def joint_sides(parents: Sequence[int]) -> np.ndarray:
    """Name the side of each joint, a key of ``COLOURS``; bones of an unknown layout are all trunk."""
    for layout in LAYOUTS.values():
        if layout.parents == tuple(parents):
            sides = [name.split('_')[0] for name in layout.joints]
            return np.array([side if side in COLOURS else 'trunk' for side in sides])
    return np.full(len(parents), 'trunk')


def caption(parents: Sequence[int]) -> str:
    """Say from where skeletons of these bones are seen, and what their colours mean."""
    text = "Seen from the front: the person's left is on the right."
    sides_are_known = 'left' in joint_sides(parents)
    return text + ('\nLeft limbs are blue, right limbs orange.' if sides_are_known else '')


def project(keypoint: np.ndarray, up: str | None = None) -> np.ndarray:
    """Project joints (..., V, C) as seen from the front, without perspective.

    ``up`` is the coordinate that points up: ``'z'`` (default), as after ``NormalizeSkeleton``; ``'y'``,
    as Kinects give it; ``'-y'``, as cameras (default for 2 coordinates, as of an image). With the last
    two, a person who faces the camera is seen from the front. Returns (..., V, 2), to their left and up.
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


def look(keypoint: np.ndarray, frames: Sequence[int], up: str | None = None) -> Poses:
    """Project frames of a sequence (M, T, V, C); persons whose joints are all zero are missing."""
    chosen = keypoint[:, frames].swapaxes(0, 1)  # (F, M, V, C)
    absent = np.broadcast_to(~chosen.any(axis=(-2, -1), keepdims=True)[..., 0], chosen.shape[:-1])
    places = project(chosen, up)
    there = places[~absent]
    box = np.stack([there.min(axis=0), there.max(axis=0)]) if len(there) else np.zeros((2, 2))
    return Poses(places, absent, box)


def set_limits(axes: Axes, middle: Sequence[float], size: Sequence[float]) -> None:
    """Show a part of the plane without distortion and without ticks."""
    (x, y), (width, height) = middle, size
    axes.set(xlim=(x - width / 2, x + width / 2), xticks=[],
             ylim=(y - height / 2, y + height / 2), yticks=[], aspect='equal')


def draw_pose(axes: Axes, places: np.ndarray, parents: Sequence[int], missing: np.ndarray | None = None,
              strength: float = 1.) -> list[Line2D]:
    """Draw a frame of places (M, V, 2), left limbs dark, right limbs light, every second person dashed.

    Joints that are ``missing``, (M, V) bool, have no bones; where their zeros are stands a cross. A
    person without any joint is not drawn at all. ``strength`` is from 0, white, to 1, the full colours.
    Returns the lines, for :func:`move_pose`.
    """
    lines = []
    for person in range(len(places)):
        style = PERSONS[person % len(PERSONS)]
        colours = [1 - strength * (1 - np.array(to_rgb(colour))) for colour in COLOURS.values()]
        for colour in colours:
            # A dot at each joint, the first of the three points of its bone.
            lines += axes.plot([], [], color=colour, linestyle=style, linewidth=1.2, marker='.',
                               markersize=5, markeredgewidth=0, markevery=slice(0, None, 3),
                               solid_capstyle='round')
        lines += axes.plot([], [], color=colours[-1], linestyle='', marker='x', markersize=6)
    move_pose(lines, places, parents, missing)
    return lines


def move_pose(lines: Sequence[Line2D], places: np.ndarray, parents: Sequence[int],
              missing: np.ndarray | None = None) -> None:
    """Move what :func:`draw_pose` has drawn; arguments as there."""
    parents, sides = np.asarray(parents), joint_sides(parents)
    if missing is None:
        missing = np.zeros(places.shape[:2], dtype=bool)
    for person, (joints, gone) in enumerate(zip(places, missing, strict=True)):
        *limbs, crosses = lines[LINES * person:LINES * (person + 1)]
        # A joint whose parent is missing is a dot alone: a bone to itself.
        ends = np.where(gone[parents, None], joints, joints[parents])
        bones = np.stack([joints, ends, np.full_like(joints, np.nan)], axis=1)  # (V, 3, 2)
        for line, side in zip(limbs, COLOURS, strict=True):
            line.set_data(*bones[(sides == side) & ~gone].reshape(-1, 2).T)
        crosses.set_data(*joints[gone & ~gone.all()].T)
