"""Procedural actions in the NTU layout: labelled data for the demo and tests, made in memory.

Axes of the body, right-handed: x to its right, y up, z to its back. A limb that hangs down is
raised to the front by a positive turn about x, a right arm sideways by a positive turn about z.
"""
from itertools import cycle, islice

import numpy as np
from mmaction.datasets import BaseActionDataset
from mmaction.registry import DATASETS
from scipy.spatial.transform import Rotation

from .skeleton_dataset import ClassBalancing

# (joint, joint that carries it, offset in metres in the standing pose); right side and middle only.
_BONES = (
    (1, 0, (0, .22, 0)), (20, 1, (0, .22, 0)), (2, 20, (0, .08, 0)), (3, 2, (0, .14, -.02)),
    (8, 20, (.18, -.02, 0)), (9, 8, (.02, -.28, 0)), (10, 9, (0, -.24, -.02)),
    (11, 10, (0, -.08, 0)), (23, 11, (0, -.08, 0)), (24, 11, (-.03, -.03, -.05)),
    (16, 0, (.09, -.04, 0)), (17, 16, (.01, -.42, 0)), (18, 17, (0, -.40, 0)),
    (19, 18, (.01, -.06, -.12)))
_LEFT = {8: 4, 9: 5, 10: 6, 11: 7, 23: 21, 24: 22, 16: 12, 17: 13, 18: 14, 19: 15}
_BONES += tuple((_LEFT[joint], _LEFT.get(carrier, carrier), (-x, y, z))
                for joint, carrier, (x, y, z) in _BONES if joint in _LEFT)

NUM_JOINTS = 25
BONES = tuple((joint, carrier) for joint, carrier, _ in _BONES)  # carriers come first
OFFSETS = np.zeros((NUM_JOINTS, 3))
OFFSETS[[joint for joint, _, _ in _BONES]] = [offset for _, _, offset in _BONES]

# Joints that turn: name -> (right or middle, left if there is one).
PARTS = dict(torso=(1, ), neck=(2, ), shoulder=(8, 4), elbow=(9, 5), hip=(16, 12), knee=(17, 13))
TURNING = [joint for joints in PARTS.values() for joint in joints]
FEET = [15, 19]

# What arms and legs can do: rows of (part, axis, centre and swing of the angle in degrees, turns
# per cycle, phase, lag of the left side), the last two as shares of the cycle. None as lag leaves the
# left side at rest.
ARMS = dict(
    swing=(('shoulder', 'x', 10, 40, 1, 0, .5), ('elbow', 'x', 40, 20, 1, 0, .5)),
    lift=(('shoulder', 'x', 60, 50, 1, 0, 0), ('elbow', 'x', 20, 15, 1, .5, 0)),
    flap=(('shoulder', 'z', 60, 45, 1, 0, 0), ('elbow', 'z', 15, 15, 1, .25, 0)),
    seesaw=(('shoulder', 'z', 60, 45, 1, 0, .5), ('torso', 'z', 0, 15, 1, 0, None)),
    punch=(('shoulder', 'x', 50, 35, 2, 0, .5), ('elbow', 'x', 60, 50, 2, .5, .5)),
    wave=(('shoulder', 'z', 100, 20, 2, 0, None), ('elbow', 'z', 40, 40, 2, .1, None)),
)
LEGS = dict(
    stand=(),
    march=(('hip', 'x', 30, 30, 1, 0, .5), ('knee', 'x', -40, 40, 1, .1, .5)),
    squat=(('hip', 'x', 40, 35, 1, 0, 0), ('knee', 'x', -60, 50, 1, .5, 0)),
    kick=(('hip', 'x', 25, 40, 1, 0, None), ('knee', 'x', -25, 25, 1, .2, None)),
    straddle=(('hip', 'z', 20, 18, 2, 0, 0), ),
)
# 6 and 5 have no common divisor, so the pairs of any first classes are well mixed.
ACTIONS = {f'{arms}_{legs}': ARMS[arms] + LEGS[legs]
           for arms, legs in islice(zip(cycle(ARMS), cycle(LEGS)), len(ARMS) * len(LEGS))}

SPLITS = ('train', 'val')
FRAMES_PER_SECOND = 30
NUM_SUBJECTS = 20  # in each split

# What varies within a class; pairs are the ends of uniform distributions.
NUM_FRAMES = (120, 220)
CYCLES_PER_SECOND = (0.4, 0.7)
STYLE = (0.8, 1.2)  # factor of the swing
REST_ANGLE = 1.0  # degrees, standard deviation of the posture
IDLE_SWING = 1.0  # degrees, at most
BONE_FACTOR = (0.98, 1.02)  # of one subject's whole body, and of each bone
SWAY = 0.25  # entries of the matrix that deforms the body, as it changes over time
SWAYS_PER_SECOND = (0.1, 0.4)
YAW = 60.0  # degrees to either side
NOISE = 0.003  # metres
BYSTANDER_SHARE = 0.15


def action_angles(name: str, phase: np.ndarray, style: float = 1.0) -> np.ndarray:
    """Angles (T, V, 3) of the joints during an action, in degrees about the axes x, y and z.

    The phase (T, ) says how often the cycle has been gone through; style is a factor of the swing.
    """
    angles = np.zeros((len(phase), NUM_JOINTS, 3))
    for part, axis, centre, swing, turns, shift, lag in ACTIONS[name]:
        axis = 'xyz'.index(axis)
        mirror = 1 if axis == 0 else -1  # the left side turns the other way about y and z
        for joint, sign, late in zip(PARTS[part], (1, mirror), (0, lag), strict=False):
            if late is not None:
                wave = np.sin(2 * np.pi * (turns * phase + shift + late))
                angles[:, joint, axis] += sign * (centre + style * swing * wave)
    return angles


def forward_kinematics(angles: np.ndarray, offsets: np.ndarray = OFFSETS) -> np.ndarray:
    """Positions (T, V, 3) of the joints in metres, with the spine base (joint 0) at the origin.

    Angles (T, V, 3) are degrees about the carrier's axes x, then y, then z. Offsets (V, 3) of the joints
    from their carriers are those of an average body by default.
    """
    turns = Rotation.from_euler('xyz', angles.reshape(-1, 3), degrees=True)
    frames = turns.as_matrix().reshape(*angles.shape, 3)  # (T, V, 3, 3), each from its carrier
    positions = np.zeros_like(angles)
    for joint, carrier in BONES:
        positions[:, joint] = positions[:, carrier] + frames[:, carrier] @ offsets[joint]
        frames[:, joint] = frames[:, carrier] @ frames[:, joint]
    return positions


def make_sequences(num_sequences: int, split: str = 'train', num_classes: int = len(ACTIONS),
                   seed: int = 0) -> list[dict]:
    """Make annotations in the format of MMAction2's ``PoseDataset``.

    A sequence follows from its number, the split and the seed, so a larger set starts with the
    smaller one. No subject is in both splits, and labels take turns. The arguments are those of
    :class:`SyntheticSkeletonDataset`. Each ``keypoint`` (M, T, V, C) holds float32 camera coordinates
    in metres, M = 1 or 2, T = 120 to 220.
    """
    if split not in SPLITS:
        raise ValueError(f'split={split!r} is unknown; the synthetic data has {SPLITS}.')
    if num_sequences < 1 or seed < 0:
        raise ValueError('Synthetic data needs num_sequences >= 1 and seed >= 0, but got '
                         f'num_sequences={num_sequences} and seed={seed}.')
    if not 1 <= num_classes <= len(ACTIONS):
        raise ValueError(f'num_classes={num_classes} is out of range: the synthetic data has '
                         f'1 to {len(ACTIONS)} classes.')
    key = (seed, SPLITS.index(split))
    rng = np.random.default_rng((*key, 0))
    whole = rng.uniform(*BONE_FACTOR, (NUM_SUBJECTS, 1, 1))
    bodies = OFFSETS * whole * rng.uniform(*BONE_FACTOR, (NUM_SUBJECTS, NUM_JOINTS, 1))  # of subjects
    actions = list(ACTIONS)[:num_classes]
    sequences = []
    for i in range(num_sequences):
        rng = np.random.default_rng((*key, 1, i))
        subject = int(rng.integers(NUM_SUBJECTS))
        keypoint = _draw_sequence(actions[i % num_classes], subject, bodies, rng)
        sequences.append(dict(
            frame_dir=f'{split}_{i:06d}', total_frames=keypoint.shape[1], label=i % num_classes,
            subject=SPLITS.index(split) * NUM_SUBJECTS + subject, keypoint=keypoint))
    return sequences


def _draw_sequence(action: str, subject: int, bodies: np.ndarray,
                   rng: np.random.Generator) -> np.ndarray:
    """One recording, (M, T, V, C): an actor, at times with a bystander, before the camera."""
    num_frames = rng.integers(*NUM_FRAMES, endpoint=True)
    place = np.array([rng.uniform(-.8, .8), rng.uniform(-1.1, -.7), rng.uniform(2.2, 4)])
    persons = [_draw_person(action, num_frames, bodies[subject], rng) + place]
    if rng.random() < BYSTANDER_SHARE:
        aside = np.array([rng.choice((-1, 1)) * rng.uniform(.7, 1.2), 0, rng.uniform(-.3, .3)])
        other = bodies[rng.integers(NUM_SUBJECTS)]
        persons.append(_draw_person(None, num_frames, other, rng) + place + aside)
    keypoint = np.stack(persons)  # (M, T, V, C)
    keypoint += rng.normal(scale=NOISE, size=keypoint.shape)
    return keypoint.astype(np.float32)


def _draw_person(action: str | None, num_frames: int, offsets: np.ndarray,
                 rng: np.random.Generator) -> np.ndarray:
    """One person standing on the floor, (T, V, C), idle or in action."""
    time = np.arange(num_frames) / FRAMES_PER_SECOND
    angles = np.zeros((num_frames, NUM_JOINTS, 3))
    shape = (len(TURNING), 3)
    idle = np.sin(2 * np.pi * (rng.uniform(.1, .5, shape) * time[:, None, None] + rng.random(shape)))
    angles[:, TURNING] = REST_ANGLE * rng.normal(size=shape) + rng.uniform(0, IDLE_SWING, shape) * idle
    if action is not None:
        phase = rng.random() + rng.uniform(*CYCLES_PER_SECOND) * time
        angles += action_angles(action, phase, style=rng.uniform(*STYLE))
    positions = forward_kinematics(angles, offsets)
    positions[..., 1] -= positions[:, FEET, 1].min(1, keepdims=True)
    turn = Rotation.from_euler('y', rng.uniform(-YAW, YAW), degrees=True).as_matrix()
    return np.einsum('tvi,tji->tvj', positions, turn @ _draw_sway(time, rng))


def _draw_sway(time: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Matrices (T, 3, 3) that deform the body slowly, differently in each stretch of a sequence."""
    shape = (3, 3, 2)  # two waves for each entry
    waves = np.sin(2 * np.pi * (rng.uniform(*SWAYS_PER_SECOND, shape) * time[:, None, None, None]
                                + rng.random(shape)))
    return np.eye(3) + SWAY * waves.sum(-1) / np.sqrt(2)


@DATASETS.register_module()
class SyntheticSkeletonDataset(ClassBalancing, BaseActionDataset):
    """Labelled procedural actions of 25 joints, for trying things out without any download.

    The classes differ in which limbs move, how often and in which order. Body, style, speed,
    viewpoint and noise vary within a class. So does, above all, a slow deformation of the whole body:
    an untrained encoder sees it first, and contrast over crops teaches the encoder to look past it.

    Args:
        num_sequences: How many sequences.
        pipeline: The transforms.
        split: 'train' or 'val'; no subject is in both. Defaults to 'train'.
        num_classes: How many of the actions to show. Defaults to all.
        seed: Not negative; another seed gives other sequences. Defaults to 0.
        **kwargs: Arguments of ``BaseActionDataset``.

    Raises:
        ValueError: If the split is unknown, or a number is out of range.
    """

    def __init__(self, num_sequences: int, pipeline: list, split: str = 'train',
                 num_classes: int = len(ACTIONS), seed: int = 0, **kwargs) -> None:
        self.num_sequences, self.split, self.seed = num_sequences, split, seed
        kwargs.setdefault('metainfo', dict(classes=list(ACTIONS)[:num_classes]))
        super().__init__('', pipeline, num_classes=num_classes, modality='Pose', **kwargs)

    def load_data_list(self) -> list[dict]:
        """Make the annotations."""
        return make_sequences(self.num_sequences, self.split, self.num_classes, self.seed)
