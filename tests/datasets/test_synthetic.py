from itertools import combinations

import numpy as np
import pytest
import torch
from mmaction.registry import DATASETS

from hico_mm.datasets import SkeletonDataset, synthetic, write_annotation_file
from hico_mm.datasets.annotation_file import check_keypoint
from hico_mm.datasets.synthetic import (
    ACTIONS,
    BONES,
    FEET,
    NUM_JOINTS,
    OFFSETS,
    SyntheticSkeletonDataset,
    action_angles,
    forward_kinematics,
    make_sequences,
)


@pytest.fixture(scope='module')
def sequences():
    return make_sequences(30, num_classes=24)


@pytest.fixture
def plain(monkeypatch):
    """Switch off everything that varies within a class except phase, length and place."""
    for name in ('SWAY', 'YAW', 'NOISE', 'REST_ANGLE', 'IDLE_SWING', 'BYSTANDER_SHARE'):
        monkeypatch.setattr(synthetic, name, 0.0)
    for name in ('BONE_FACTOR', 'STYLE'):
        monkeypatch.setattr(synthetic, name, (1.0, 1.0))


def same(one, other):
    return one.keys() == other.keys() and all(
        np.array_equal(one[key], other[key]) for key in one)


def test_annotations_are_those_of_pose_dataset_of_bodies_before_the_camera(sequences):
    for i, sequence in enumerate(sequences):
        keypoint = sequence['keypoint']
        check_keypoint(keypoint, sequence['frame_dir'], 25, 3)
        assert keypoint.dtype == np.float32
        assert keypoint.shape[0] in (1, 2)
        low, high = synthetic.NUM_FRAMES
        assert low <= keypoint.shape[1] == sequence['total_frames'] <= high
        assert sequence['label'] == i % 24
    assert len({x['frame_dir'] for x in sequences}) == 30
    assert {len(x['keypoint']) for x in sequences} == {1, 2}
    assert len({x['total_frames'] for x in sequences}) > 15
    # The bodies stand before the camera.
    keypoint = np.concatenate([x['keypoint'][0, :, 0] for x in sequences])  # (frames, 3)
    assert (np.abs(keypoint[:, 0]) < 1.5).all()
    assert ((keypoint[:, 2] > 1.5) & (keypoint[:, 2] < 5)).all()
    for sequence in sequences:  # y points up
        actor = sequence['keypoint'][0].mean(0)
        assert actor[3, 1] > actor[0, 1] > actor[FEET, 1].max()


def test_sequences_follow_from_seed_split_and_number(sequences):
    before = np.random.get_state()[1].copy()
    again = make_sequences(5, num_classes=24)
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    assert all(same(one, other) for one, other in zip(again, sequences, strict=False))
    for change in (dict(seed=1), dict(split='val')):
        others = make_sequences(5, num_classes=24, **change)
        for one, other in zip(others, sequences, strict=False):
            frames = min(one['total_frames'], other['total_frames'])
            assert not np.array_equal(one['keypoint'][0, :frames], other['keypoint'][0, :frames])
    assert {x['subject'] for x in sequences} <= set(range(20))
    assert {x['subject'] for x in others} <= set(range(20, 40))  # of the other split
    assert {x['frame_dir'] for x in sequences}.isdisjoint(x['frame_dir'] for x in others)


def test_without_variation_a_sequence_is_its_action(plain, monkeypatch):
    monkeypatch.setattr(synthetic, 'CYCLES_PER_SECOND', (.5, .5))
    # The phase at the start is random: one of a fine grid has to fit.
    phase = np.add.outer(np.arange(100) / 100, .5 * np.arange(0, 20, 4) / 30)  # (100, frames)
    for sequence, action in zip(make_sequences(7), ACTIONS, strict=False):
        positions = sequence['keypoint'][0, :20:4]
        expected = forward_kinematics(action_angles(action, phase.ravel())).reshape(100, 5, 25, 3)
        difference = positions - positions[:, :1] - (expected - expected[:, :, :1])
        errors = np.abs(difference).max(axis=(1, 2, 3))
        assert min(errors) < .03, action
        assert max(errors) > .1, action


def test_without_variation_bones_are_rigid_and_the_lower_foot_is_on_the_floor(plain):
    for sequence in make_sequences(5):
        positions = sequence['keypoint'][0]
        for joint, carrier in BONES:
            lengths = np.linalg.norm(positions[:, joint] - positions[:, carrier], axis=-1)
            np.testing.assert_allclose(lengths, np.linalg.norm(OFFSETS[joint]), atol=1e-5)
        floor = positions[:, FEET, 1].min(1)
        np.testing.assert_allclose(floor, floor[0], atol=1e-5)


def test_sway_is_near_the_identity_and_slow():
    time = np.arange(300) / 30
    sway = synthetic._draw_sway(time, np.random.default_rng(0))  # (T, 3, 3)
    assert sway.shape == (300, 3, 3)
    largest = 2**.5 * synthetic.SWAY  # two waves of SWAY / sqrt(2)
    deviation = np.abs(sway - np.eye(3))
    assert .5 * synthetic.SWAY < deviation.max() <= largest
    steps = np.abs(np.diff(sway, axis=0)).max()
    assert 0 < steps <= largest * 2 * np.pi * synthetic.SWAYS_PER_SECOND[1] / 30


@pytest.mark.parametrize('arguments, message', [
    (dict(split='test'), r"split='test' is unknown; the synthetic data has \('train', 'val'\)."),
    (dict(num_sequences=0), 'num_sequences >= 1 and seed >= 0, but got num_sequences=0 and seed=0'),
    (dict(seed=-1), 'but got num_sequences=3 and seed=-1'),
    (dict(num_classes=0), 'num_classes=0 is out of range: the synthetic data has 1 to 30 classes'),
    (dict(num_classes=31), 'num_classes=31 is out of range'),
])
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        SyntheticSkeletonDataset(**{'num_sequences': 3, 'pipeline': [], **arguments})


def test_dataset_serves_the_sequences_as_a_written_file_does(sequences, pipelines, tmp_path):
    evaluate = pipelines.evaluate_pipeline
    dataset = DATASETS.build(dict(type='SyntheticSkeletonDataset', num_sequences=3, num_classes=24,
                                  pipeline=evaluate, test_mode=True, serialize_data=False))
    assert len(dataset) == 3 and dataset.metainfo['classes'] == list(ACTIONS)[:24]
    info = dataset.get_data_info(2)
    assert same({key: info[key] for key in sequences[2]}, sequences[2])
    path = str(tmp_path / 'ntu60_3d.pkl')
    write_annotation_file(path, dict(xsub_val=sequences[:3]))
    sample = SkeletonDataset(path, evaluate, 'xsub_val', num_classes=60, num_joints=25,
                             num_coords=3, test_mode=True, serialize_data=False)[2]
    assert sample['inputs'].shape == (1, 2, 64, 25, 3) and sample['data_samples'].gt_label.item() == 2
    # float16 at 4 metres
    torch.testing.assert_close(sample['inputs'], dataset[2]['inputs'], atol=.02, rtol=0)


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


def test_standing_pose():
    [pose] = forward_kinematics(np.zeros((1, NUM_JOINTS, 3)))
    np.testing.assert_allclose(pose[3], (0, .66, -.02), atol=1e-12)  # head
    np.testing.assert_allclose(pose[10], (.2, -.10, -.02), atol=1e-12)  # wrist
    np.testing.assert_allclose(pose[19], (.11, -.92, -.12), atol=1e-12)  # right foot
    mirrored = pose[list(LEFT_AND_RIGHT.values())] * (-1, 1, 1)
    np.testing.assert_allclose(pose[list(LEFT_AND_RIGHT)], mirrored, atol=1e-12)
    assert pose[:, 1].argmin() in FEET


def test_forward_kinematics_equals_a_slow_reference():
    rng = np.random.default_rng(0)
    angles = rng.uniform(-180, 180, (3, NUM_JOINTS, 3))
    offsets = rng.normal(size=(NUM_JOINTS, 3))
    np.testing.assert_allclose(
        forward_kinematics(angles, offsets), slow_kinematics(angles, offsets), atol=1e-12)


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
    # Any first actions mix arms and legs.
    names = [name.split('_') for name in ACTIONS][:6]
    assert len({arms for arms, _ in names}) == 6
    assert len({legs for _, legs in names}) == 5
