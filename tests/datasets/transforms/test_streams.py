import numpy as np
import pytest
import torch

from hico_mm.datasets.layouts import get_parents
from hico_mm.datasets.transforms import ToStream


@pytest.fixture
def keypoint():
    return np.random.default_rng(0).normal(size=(2, 6, 25, 3)).astype(np.float32)


@pytest.mark.parametrize('stream', ['joint', 'bone', 'motion'])
def test_recorded_streams(golden_dir, stream):
    golden = torch.load(golden_dir / 'centre_crop_and_streams.pt', weights_only=True)
    for case in golden['cases']:
        results = ToStream(stream)(dict(keypoint=case['joint'].numpy()))
        np.testing.assert_allclose(results['keypoint'], case[stream].numpy(), rtol=0, atol=1e-6)


def test_joint_is_the_input_widened(keypoint):
    results = ToStream('joint')(dict(keypoint=keypoint.astype(np.float16)))
    assert results['keypoint'].dtype == np.float32
    np.testing.assert_array_equal(results['keypoint'], keypoint.astype(np.float16))


def test_bone_of_the_ntu_layout(keypoint):
    bone = ToStream('bone')(dict(keypoint=keypoint))['keypoint']
    for joint, parent in enumerate(get_parents('nturgb+d')):
        np.testing.assert_array_equal(
            bone[:, :, joint], keypoint[:, :, joint] - keypoint[:, :, parent])


def test_bone_of_an_own_list():
    keypoint = np.array([1, 10, 100]).reshape(1, 1, 3, 1)
    bone = ToStream('bone', parents=[0, 0, 1])(dict(keypoint=keypoint))['keypoint']
    assert bone.ravel().tolist() == [0, 9, 90]


def test_motion_is_the_forward_difference():
    keypoint = np.array([1, 4, 9, 16]).reshape(1, 4, 1, 1)
    motion = ToStream('motion', parents=[0])(dict(keypoint=keypoint))['keypoint']
    assert motion.ravel().tolist() == [3, 5, 7, 0]
    assert motion.dtype == np.float32


@pytest.mark.parametrize('stream', ['joint', 'bone', 'motion'])
def test_empty_person_stays_empty_and_input_unchanged(keypoint, stream):
    keypoint[1] = 0
    before = keypoint.copy()
    results = ToStream(stream)(dict(keypoint=keypoint))
    assert results['keypoint'].shape == (2, 6, 25, 3)
    assert not results['keypoint'][1].any()
    np.testing.assert_array_equal(keypoint, before)


def test_only_bones_need_the_parents():
    keypoint = np.ones((1, 6, 20, 3))
    for stream in ('joint', 'motion'):
        assert ToStream(stream)(dict(keypoint=keypoint))['keypoint'].shape == keypoint.shape
    with pytest.raises(ValueError, match="'S001': the keypoint has 20 joints, .* ToStream has 25"):
        ToStream('bone')(dict(keypoint=keypoint, frame_dir='S001'))


def test_unknown_stream():
    with pytest.raises(ValueError, match=r"'bones'; choose one of \('joint', 'bone', 'motion'\)"):
        ToStream('bones')


def test_bad_parents():
    with pytest.raises(KeyError, match="'ntu'.*nturgb"):
        ToStream('bone', parents='ntu')
    with pytest.raises(ValueError, match='Joint 1 has the parent 2'):
        ToStream('bone', parents=[0, 2])


def test_repr():
    assert repr(ToStream('bone', parents=[0, 0])) == "ToStream(stream='bone', parents=(0, 0))"
