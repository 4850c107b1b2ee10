"""Procedural actions in the NTU layout: labelled data for the demo and tests, made in memory."""
import numpy as np
from mmaction.datasets import BaseActionDataset
from mmaction.registry import DATASETS
from scipy.spatial.transform import Rotation

from . import synthetic_actions as body
from .synthetic_actions import ACTIONS, action_angles, forward_kinematics

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


def make_sequences(num_sequences: int, split: str = 'train', num_classes: int = len(ACTIONS),
                   seed: int = 0) -> list[dict]:
    """Make annotations in the format of MMAction2's ``PoseDataset``.

    A sequence follows from its number, the split and the seed, so a larger set starts with the
    smaller one. No subject is in both splits, and labels take turns.

    Args:
        num_sequences (int): How many.
        split (str): 'train' or 'val'. Defaults to 'train'.
        num_classes (int): How many of ``ACTIONS`` to show. Defaults to all.
        seed (int): Not negative. Defaults to 0.

    Returns:
        list[dict]: ``frame_dir``, ``total_frames``, ``label``, ``subject`` and ``keypoint``
        (M, T, V, C), float32 camera coordinates in metres, M = 1 or 2, T = 120 to 220.

    Raises:
        ValueError: If the split is unknown, or a number is out of range.
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
    bodies = _draw_bodies(np.random.default_rng((*key, 0)))
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


def _draw_bodies(rng: np.random.Generator) -> np.ndarray:
    """Offsets of the joints of every subject, (subjects, V, C)."""
    whole = rng.uniform(*BONE_FACTOR, (NUM_SUBJECTS, 1, 1))
    return body.OFFSETS * whole * rng.uniform(*BONE_FACTOR, (NUM_SUBJECTS, body.NUM_JOINTS, 1))


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
    keypoint = np.stack(persons)
    keypoint += rng.normal(scale=NOISE, size=keypoint.shape)
    return keypoint.astype(np.float32)


def _draw_person(action: str | None, num_frames: int, offsets: np.ndarray,
                 rng: np.random.Generator) -> np.ndarray:
    """One person standing on the floor, (T, V, C), idle or in action."""
    time = np.arange(num_frames) / FRAMES_PER_SECOND
    angles = np.zeros((num_frames, body.NUM_JOINTS, 3))
    shape = (len(body.TURNING), 3)
    idle = np.sin(2 * np.pi * (rng.uniform(.1, .5, shape) * time[:, None, None]
                               + rng.random(shape)))
    angles[:, body.TURNING] = (REST_ANGLE * rng.normal(size=shape)
                               + rng.uniform(0, IDLE_SWING, shape) * idle)
    if action is not None:
        phase = rng.random() + rng.uniform(*CYCLES_PER_SECOND) * time
        angles += action_angles(action, phase, style=rng.uniform(*STYLE))
    positions = forward_kinematics(angles, offsets)
    positions[..., 1] -= positions[:, body.FEET, 1].min(1, keepdims=True)
    turn = Rotation.from_euler('y', rng.uniform(-YAW, YAW), degrees=True).as_matrix()
    return np.einsum('tvi,tji->tvj', positions, turn @ _draw_sway(time, rng))


def _draw_sway(time: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Matrices (T, 3, 3) that deform the body slowly, differently in each stretch of a sequence.

    An untrained encoder takes the deformation for the action. Two crops of one sequence have
    different ones, so that contrast teaches to look past it.
    """
    shape = (3, 3, 2)  # two waves for each entry
    waves = np.sin(2 * np.pi * (rng.uniform(*SWAYS_PER_SECOND, shape) * time[:, None, None, None]
                                + rng.random(shape)))
    return np.eye(3) + SWAY * waves.sum(-1) / np.sqrt(2)


@DATASETS.register_module()
class SyntheticSkeletonDataset(BaseActionDataset):
    """Labelled procedural actions of 25 joints, for trying things out without any download.

    The classes differ in which limbs move, how often and in which order. Body, style, speed,
    viewpoint and noise vary within a class, and above all a slow deformation of the whole body: what
    an untrained encoder sees first, and what contrast over crops teaches it to look past.

    Args:
        num_sequences (int): How many sequences.
        pipeline (list[dict | callable]): The transforms.
        split (str): 'train' or 'val', of other subjects. Defaults to 'train'.
        num_classes (int): How many of the actions to show. Defaults to all.
        seed (int): Not negative; another seed gives other sequences. Defaults to 0.
        **kwargs: Arguments of ``BaseActionDataset``.

    Raises:
        ValueError: See :func:`make_sequences`.
    """

    def __init__(self,
                 num_sequences: int,
                 pipeline: list,
                 split: str = 'train',
                 num_classes: int = len(ACTIONS),
                 seed: int = 0,
                 **kwargs) -> None:
        self.num_sequences = num_sequences
        self.split = split
        self.seed = seed
        kwargs.setdefault('metainfo', dict(classes=list(ACTIONS)[:num_classes]))
        super().__init__('', pipeline, num_classes=num_classes, modality='Pose', **kwargs)

    def load_data_list(self) -> list[dict]:
        """Make the annotations."""
        return make_sequences(self.num_sequences, self.split, self.num_classes, self.seed)
