import numpy as np
import pytest
import torch
from mmaction.registry import DATASETS

from hico_mm.datasets import SeededDataset, SkeletonDataset, synthetic, write_annotation_file
from hico_mm.datasets.annotation_file import check_keypoint
from hico_mm.datasets.synthetic import (
    ACTIONS,
    BONES,
    FEET,
    OFFSETS,
    SyntheticSkeletonDataset,
    action_angles,
    forward_kinematics,
    make_sequences,
)

EVALUATE = [
    dict(type='KeepActivePersons', num_person=2),
    dict(type='NormalizeSkeleton', layout='nturgb+d'),
    dict(type='CentralCropResize', clip_len=64, ratio=0.95),
    dict(type='FormatGCNInput', num_person=2),
    dict(type='PackActionInputs')]


@pytest.fixture(scope='module')
def sequences():
    return make_sequences(60, num_classes=24)


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


def test_annotations_are_those_of_pose_dataset(sequences):
    for i, sequence in enumerate(sequences):
        keypoint = sequence['keypoint']
        check_keypoint(keypoint, sequence['frame_dir'], 25, 3)
        assert keypoint.dtype == np.float32
        assert keypoint.shape[0] in (1, 2)
        low, high = synthetic.NUM_FRAMES
        assert low <= keypoint.shape[1] == sequence['total_frames'] <= high
        assert sequence['label'] == i % 24
    assert len({x['frame_dir'] for x in sequences}) == 60
    assert {len(x['keypoint']) for x in sequences} == {1, 2}
    assert len({x['total_frames'] for x in sequences}) > 20


def test_bodies_stand_before_the_camera(sequences):
    keypoint = np.concatenate([x['keypoint'][0, :, 0] for x in sequences])  # (frames, 3)
    assert (np.abs(keypoint[:, 0]) < 1.5).all()
    assert ((keypoint[:, 2] > 1.5) & (keypoint[:, 2] < 5)).all()
    for sequence in sequences:  # y points up
        actor = sequence['keypoint'][0].mean(0)
        assert actor[3, 1] > actor[0, 1] > actor[FEET, 1].max()


def test_same_seed_same_sequences_and_a_larger_set_starts_with_the_smaller(sequences):
    again = make_sequences(5, num_classes=24)
    assert all(same(one, other) for one, other in zip(again, sequences, strict=False))


@pytest.mark.parametrize('change', [dict(seed=1), dict(split='val')])
def test_other_seed_or_split_other_sequences(change, sequences):
    others = make_sequences(5, num_classes=24, **change)
    for one, other in zip(others, sequences, strict=False):
        frames = min(one['total_frames'], other['total_frames'])
        assert not np.array_equal(one['keypoint'][0, :frames], other['keypoint'][0, :frames])


def test_making_sequences_takes_no_global_random_number():
    before = np.random.get_state()[1].copy()
    make_sequences(1)
    np.testing.assert_array_equal(np.random.get_state()[1], before)


def test_splits_have_other_subjects_and_names(sequences):
    others = make_sequences(60, 'val', num_classes=24)
    for key, number in (('subject', 1), ('frame_dir', 60)):
        train, val = {x[key] for x in sequences}, {x[key] for x in others}
        assert train.isdisjoint(val)
        assert min(len(train), len(val)) >= number
    assert {x['subject'] for x in sequences} <= set(range(20))
    assert {x['subject'] for x in others} <= set(range(20, 40))


def test_without_variation_a_sequence_is_its_action(plain, monkeypatch):
    monkeypatch.setattr(synthetic, 'CYCLES_PER_SECOND', (.5, .5))
    for sequence, action in zip(make_sequences(7), ACTIONS, strict=False):
        positions = sequence['keypoint'][0, :20]
        # The phase at the start is random: one of a fine grid has to fit.
        time = np.arange(20) / 30
        errors = []
        for start in np.arange(200) / 200:
            expected = forward_kinematics(action_angles(action, start + .5 * time))
            relative = expected - expected[:, :1]
            errors.append(np.abs(positions - positions[:, :1] - relative).max())
        assert min(errors) < .02, action
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


def test_dataset_serves_the_sequences(sequences):
    dataset = DATASETS.build(dict(
        type='SyntheticSkeletonDataset', num_sequences=4, num_classes=24, pipeline=[]))
    assert len(dataset) == 4
    assert dataset.metainfo['classes'] == list(ACTIONS)[:24]
    for i in range(4):
        sample = dataset[i]
        assert same({key: sample[key] for key in sequences[i]}, sequences[i])


def test_views_through_the_whole_pipeline():
    view = [dict(type='RandomCropResize', clip_len=64, min_ratio=.1, max_ratio=1., min_frames=64),
            dict(type='RandomChoice', prob=[.5, .5], transforms=[
                [dict(type='JointCorruption', ratio=.6)], [dict(type='PoseShear', amplitude=1.)]])]
    train = [*EVALUATE[:2], dict(type='TwoViews', transforms=view), *EVALUATE[3:]]
    config = dict(type='SyntheticSkeletonDataset', num_sequences=2, pipeline=train)
    dataset, again = SeededDataset(config), SeededDataset(config)
    dataset.set_epoch(0, 0)
    again.set_epoch(0, 0)
    inputs = dataset[1]['inputs']
    assert inputs.shape == (2, 2, 64, 25, 3)  # (views, M, T, V, C)
    assert not torch.equal(inputs[0], inputs[1])
    assert torch.equal(inputs, again[1]['inputs'])
    again.set_epoch(0, 1)
    assert not torch.equal(inputs, again[1]['inputs'])


def test_written_sequences_are_read_as_the_stock_file_is(tmp_path):
    path = str(tmp_path / 'ntu60_3d.pkl')
    train, val = make_sequences(4), make_sequences(3, 'val')
    write_annotation_file(path, dict(xsub_train=train, xsub_val=val))
    dataset = SkeletonDataset(path, EVALUATE, 'xsub_val', num_classes=60, num_joints=25,
                              num_coords=3, test_mode=True)
    assert len(dataset) == 3
    assert dataset.get_data_info(2)['keypoint'].dtype == np.float16
    sample = dataset[2]
    assert sample['inputs'].shape == (1, 2, 64, 25, 3)
    assert sample['data_samples'].gt_label.item() == 2
    made = SyntheticSkeletonDataset(3, EVALUATE, split='val', test_mode=True)[2]['inputs']
    torch.testing.assert_close(sample['inputs'], made, atol=.02, rtol=0)  # float16 at 4 metres
