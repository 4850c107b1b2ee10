from itertools import combinations

import numpy as np
import pytest

from hico_mm.datasets.layouts import get_layout
from hico_mm.datasets.synthetic import (
    ACTIONS,
    BONES,
    FEET,
    NUM_JOINTS,
    OFFSETS,
    action_angles,
    forward_kinematics,
)

LEFT_AND_RIGHT = dict(zip((4, 5, 6, 7, 21, 22, 12, 13, 14, 15),
                          (8, 9, 10, 11, 23, 24, 16, 17, 18, 19), strict=True))


def rotation(degrees):
    """About x, then y, then z, all fixed in space."""
    (cx, cy, cz), (sx, sy, sz) = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


def slow_kinematics(angles, offsets):
    """One joint of one frame after the other, from the joint up to the spine base."""
    carrier_of = dict(BONES)
    positions = np.zeros_like(angles)
    for t, pose in enumerate(angles):
        for joint in range(NUM_JOINTS):
            vector, at = np.zeros(3), joint
            while at:
                # The offset to `at` turns with its carrier, like all that hangs on it.
                vector = rotation(pose[carrier_of[at]]) @ (offsets[at] + vector)
                at = carrier_of[at]
            positions[t, joint] = vector
    return positions


def test_every_joint_hangs_on_one_that_comes_before():
    placed = [0]
    for joint, carrier in BONES:
        assert carrier in placed
        placed.append(joint)
    assert sorted(placed) == list(range(get_layout('nturgb+d').num_joints))


def test_standing_pose():
    [pose] = forward_kinematics(np.zeros((1, NUM_JOINTS, 3)))
    np.testing.assert_allclose(pose[3], (0, .66, -.02), atol=1e-12)  # head
    np.testing.assert_allclose(pose[10], (.2, -.10, -.02), atol=1e-12)  # wrist
    np.testing.assert_allclose(pose[19], (.11, -.92, -.12), atol=1e-12)  # right foot
    mirrored = pose[list(LEFT_AND_RIGHT.values())] * (-1, 1, 1)
    np.testing.assert_allclose(pose[list(LEFT_AND_RIGHT)], mirrored, atol=1e-12)
    assert pose[:, 1].argmin() in FEET


@pytest.mark.parametrize('joint, angle, hand', [
    (8, (90, 0, 0), (.20, .44, -.60)),  # right arm to the front
    (8, (0, 0, 90), (.78, .44, -.02)),  # to the right
    (9, (90, 0, 0), (.20, .16, -.32)),  # forearm to the front
    (1, (0, 90, 0), (-.02, -.18, -.20)),  # trunk to the left: the right side comes forward
])
def test_turned_joint(joint, angle, hand):
    angles = np.zeros((1, NUM_JOINTS, 3))
    angles[0, joint] = angle
    np.testing.assert_allclose(forward_kinematics(angles)[0, 11], hand, atol=1e-12)


def test_forward_kinematics_equals_a_slow_reference():
    rng = np.random.default_rng(0)
    angles = rng.uniform(-180, 180, (3, NUM_JOINTS, 3))
    offsets = rng.normal(size=(NUM_JOINTS, 3))
    np.testing.assert_allclose(
        forward_kinematics(angles, offsets), slow_kinematics(angles, offsets), atol=1e-12)


def test_bones_keep_their_length():
    angles = np.random.default_rng(0).uniform(-180, 180, (5, NUM_JOINTS, 3))
    positions = forward_kinematics(angles)
    for joint, carrier in BONES:
        lengths = np.linalg.norm(positions[:, joint] - positions[:, carrier], axis=1)
        np.testing.assert_allclose(lengths, np.linalg.norm(OFFSETS[joint]), atol=1e-12)


@pytest.mark.parametrize('name, style, phase, expected', [
    # (joint, axis): degrees; every joint and axis left out is at rest.
    ('swing_stand', 1, .25, {(8, 0): 50, (4, 0): -30, (9, 0): 60, (5, 0): 20}),
    ('swing_stand', .5, .25, {(8, 0): 30, (4, 0): -10, (9, 0): 50, (5, 0): 30}),
    # Both arms sideways, so with opposite signs.
    ('flap_squat', 1, .25, {(8, 2): 105, (4, 2): -105, (9, 2): 15, (5, 2): -15, (16, 0): 75,
                            (12, 0): 75, (17, 0): -110, (13, 0): -110}),
    # The left arm is at rest. Arms and legs go through two turns in a cycle.
    ('wave_stand', 1, .125, {(8, 2): 120, (9, 2): 40 + 40 * np.cos(.2 * np.pi)}),
    ('swing_straddle', 1, .125, {(8, 0): 10 + 40 * 2**-.5, (4, 0): 10 - 40 * 2**-.5,
                                 (9, 0): 40 + 20 * 2**-.5, (5, 0): 40 - 20 * 2**-.5,
                                 (16, 2): 38, (12, 2): -38}),
    # The trunk has no left side.
    ('seesaw_kick', 1, .25, {(8, 2): 105, (4, 2): -15, (1, 2): 15, (16, 0): 65,
                             (17, 0): -25 + 25 * np.cos(.4 * np.pi)}),
])
def test_action_angles(name, style, phase, expected):
    angles = np.zeros((NUM_JOINTS, 3))
    for place, angle in expected.items():
        angles[place] = angle
    [result] = action_angles(name, np.array([phase]), style)
    np.testing.assert_allclose(result, angles, atol=1e-9)


def test_actions_are_thirty_and_each_moves_in_its_own_way():
    assert len(ACTIONS) == 30
    moves = {name: action_angles(name, np.arange(16) / 16) for name in ACTIONS}
    for one, other in combinations(moves, 2):
        assert np.abs(moves[one] - moves[other]).max() > 15  # degrees


def test_any_first_actions_mix_arms_and_legs():
    names = [name.split('_') for name in ACTIONS][:6]
    assert len({arms for arms, _ in names}) == 6
    assert len({legs for _, legs in names}) == 5
