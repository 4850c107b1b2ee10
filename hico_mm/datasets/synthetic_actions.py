"""A jointed body in the NTU layout, and the actions that the synthetic data set shows.

Axes of the body, right-handed: x to its right, y up, z to its back. A limb that hangs down is
raised to the front by a positive turn about x, a right arm sideways by a positive turn about z.
"""
from itertools import cycle, islice

import numpy as np
from scipy.spatial.transform import Rotation

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


def action_angles(name: str, phase: np.ndarray, style: float = 1.0) -> np.ndarray:
    """Angles of the joints during an action.

    Args:
        name (str): A key of ``ACTIONS``.
        phase (np.ndarray): (T, ), how often the cycle has been gone through at each frame.
        style (float): Factor of the swing. Defaults to 1.

    Returns:
        np.ndarray: (T, V, 3), degrees about the axes x, y, z.
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
    """Positions of the joints, from the angle of each and the offset from its carrier.

    Args:
        angles (np.ndarray): (T, V, 3), degrees about the carrier's axes x, then y, then z.
        offsets (np.ndarray): (V, 3), metres. Defaults to the standing pose of an average body.

    Returns:
        np.ndarray: (T, V, 3), metres, the spine base (joint 0) at the origin.
    """
    turns = Rotation.from_euler('xyz', angles.reshape(-1, 3), degrees=True)
    frames = turns.as_matrix().reshape(*angles.shape, 3)  # (T, V, 3, 3), each from its carrier
    positions = np.zeros_like(angles)
    for joint, carrier in BONES:
        positions[:, joint] = positions[:, carrier] + frames[:, carrier] @ offsets[joint]
        frames[:, joint] = frames[:, carrier] @ frames[:, joint]
    return positions
