import numpy as np
import pytest
from mmaction.registry import TRANSFORMS

from hico_mm.datasets.layouts import get_layout
from hico_mm.datasets.synthetic import make_sequences
from hico_mm.datasets.transforms import MapJoints, NormalizeSkeleton
from hico_mm.datasets.transforms.map_joints import average_joints, leave_origin

H36M = np.zeros((1, 1, 17, 3), np.float32)
H36M[0, 0] = np.arange(51).reshape(17, 3) + 1  # joint j is (3j + 1, 3j + 2, 3j + 3)


def run(keypoint, **arguments):
    transform = TRANSFORMS.build(dict(type='MapJoints', **arguments))
    return transform(dict(keypoint=keypoint, frame_dir='mine'))['keypoint']


def test_h36m_to_ntu_by_hand():
    mapped = run(H36M, source='h36m', target='nturgb+d')
    assert mapped.shape == (1, 1, 25, 3) and mapped.dtype == np.float32
    joints = mapped[0, 0].tolist()
    # The camera's right, down, away become left, up, away.
    assert joints[0] == [-1, -2, 3]  # pelvis, joint 0
    assert joints[1] == [-22, -23, 24]  # spine, joint 7
    assert joints[4] == [-34, -35, 36]  # left shoulder, joint 11
    assert joints[8] == [-43, -44, 45]  # right shoulder, joint 14
    assert joints[6] == joints[7] == joints[21] == joints[22] == [-40, -41, 42]  # left wrist, joint 13
    assert joints[16] == [-4, -5, 6]  # right hip, joint 1


def test_means_by_hand():
    coco = np.zeros((1, 1, 17, 3))
    coco[0, 0, [5, 6, 11, 12]] = (1, 2, 3), (3, 2, 3), (2, 6, 3), (4, 6, 5)
    mapped = run(coco, source='coco', target='nturgb+d')[0, 0].tolist()
    assert mapped[20] == [-2, -2, 3]  # between the shoulders
    assert mapped[0] == [-3, -6, 4]  # between the hips
    assert mapped[1] == [-2.5, -4, 3.5]  # of all four


def test_a_missing_joint_takes_no_part_in_a_mean():
    keypoint = np.array([[[[2, 0, 0], [4, 4, 0], [0, 0, 0]], [[0, 0, 0], [0, 0, 0], [1, 1, 1]]]], float)
    averaged = average_joints(keypoint, [(0, 1), (1, 2), (2, ), (0, 1, 2)])
    assert averaged.tolist() == [[[[3, 2, 0], [4, 4, 0], [0, 0, 0], [3, 2, 0]],
                                  [[0, 0, 0], [1, 1, 1], [1, 1, 1], [1, 1, 1]]]]


def test_axes_and_scale():
    mapped = run(1000 * H36M, source='h36m', target='nturgb+d', axes=('right', 'away', 'up'),
                 scale=0.001)
    np.testing.assert_allclose(mapped[0, 0, 0], [-1, 3, 2], rtol=1e-6)


def test_axes_and_scale_of_the_target():
    mapped = run(H36M, source='h36m', target='nturgb+d', axes=('right', 'away', 'up'),
                 target_axes=('up', 'left', 'away'), target_scale=0.001)
    np.testing.assert_allclose(mapped[0, 0, 0], [3000, -1000, 2000], rtol=1e-6)


def test_a_mirrored_recording_is_set_right():
    """The same body in a left-handed system of axes, x turned round, gives the same skeleton."""
    mirrored = H36M * (-1, 1, 1)
    expected = run(H36M, source='h36m', target='nturgb+d', axes=('right', 'down', 'away'))
    mapped = run(mirrored, source='h36m', target='nturgb+d', axes=('left', 'down', 'away'))
    np.testing.assert_array_equal(mapped, expected)


def test_the_way_there_and_back_keeps_what_both_have():
    keypoint = make_sequences(1)[0]['keypoint'].astype(np.float32)
    back = run(run(keypoint, source='nturgb+d', target='h36m'), source='h36m', target='nturgb+d')
    shared = [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 13, 14, 16, 17, 18, 20]
    np.testing.assert_array_equal(back[:, :, shared], keypoint[:, :, shared])


def test_joints_relative_to_the_pelvis_are_normalised_as_all_others():
    """Lifted skeletons have zeros at the pelvis, which are no missing joint."""
    keypoint = make_sequences(1)[0]['keypoint'][:1].astype(np.float32)
    lifted = run(keypoint, source='nturgb+d', target='h36m')
    normalize = NormalizeSkeleton(layout='nturgb+d')
    expected = normalize(dict(keypoint=run(lifted, source='h36m', target='nturgb+d')))['keypoint']
    relative = lifted - lifted[:, :, :1]
    mapped = run(relative, source='h36m', target='nturgb+d')
    np.testing.assert_allclose(mapped[:, :, 0], np.broadcast_to([0, 0, 3], mapped[:, :, 0].shape))
    np.testing.assert_allclose(normalize(dict(keypoint=mapped))['keypoint'], expected, atol=1e-5)


def body_of(layout):
    """Two persons of random joints around the origin, 3 frames; the first one's pelvis is the origin."""
    joints = np.random.default_rng(0).normal(size=(2, 3, layout.num_joints, 3)).astype(np.float32)
    joints[0, :, layout.joints.index('pelvis')] = 0
    return joints


@pytest.mark.parametrize('missing', [[], [3], [1, 4, 13], [7]], ids=str)
def test_an_origin_is_seen_beside_missing_joints(missing):
    h36m = get_layout('h36m')
    body = body_of(h36m)
    body[0, :, missing] = 0
    body[0, 1] = 0  # nobody there
    moved = leave_origin(body, h36m, np.array([0, 0, 3], np.float32))
    there = np.setdiff1d(np.arange(17), missing)
    np.testing.assert_array_equal(moved[0][[0, 2]][:, there],
                                  body[0][[0, 2]][:, there] + np.float32([0, 0, 3]))
    assert not moved[0, 1].any() and not moved[0][:, missing].any()
    np.testing.assert_array_equal(moved[1], body[1])  # a person whose pelvis is elsewhere


def test_zeros_that_are_no_origin_stay():
    h36m = get_layout('h36m')
    body = body_of(h36m)
    wrist = body + 0.01
    wrist[:, :, 13] = 0  # never seen, of a body around the origin
    far = np.where(body, body + 9, 0)  # the origin is outside the body
    sometimes = body.copy()
    sometimes[0, 1, 0] = 1  # the pelvis is elsewhere in one frame
    nobody = np.zeros_like(body)
    for unmoved in (wrist, far, sometimes, nobody):
        np.testing.assert_array_equal(leave_origin(unmoved, h36m, np.ones(3)), unmoved)


def test_a_nose_is_no_origin():
    """It may be out of sight, and nobody's coordinates are relative to it."""
    coco = get_layout('coco')
    body = np.random.default_rng(0).normal(size=(1, 3, 17, 3)).astype(np.float32)
    body[:, :, 0] = 0
    np.testing.assert_array_equal(leave_origin(body, coco, np.ones(3)), body)


@pytest.mark.parametrize('name, joint', [('nturgb+d', 'spine'), ('nturgb+d', 'thorax'),
                                         ('kinect_v1', 'lower_spine'), ('smpl', 'spine')])
def test_other_joints_of_the_trunk_may_be_the_origin(name, joint):
    layout = get_layout(name)
    body = np.random.default_rng(0).normal(size=(1, 3, layout.num_joints, 3)).astype(np.float32)
    body[:, :, layout.joints.index(joint)] = 0
    np.testing.assert_allclose(leave_origin(body, layout, np.ones(3)), body + 1)


def test_an_ankle_that_is_missing_throughout_changes_nothing_else():
    keypoint = make_sequences(1)[0]['keypoint'][:1].astype(np.float32)
    lifted = run(keypoint, source='nturgb+d', target='h36m')
    lifted = lifted - lifted[:, :, :1]
    complete = run(lifted, source='h36m', target='nturgb+d')
    lifted[:, :, 3] = 0
    mapped = run(lifted, source='h36m', target='nturgb+d')
    copies = [18, 19]  # the right ankle, and the foot
    np.testing.assert_array_equal(np.delete(mapped, copies, axis=2), np.delete(complete, copies, axis=2))
    assert not mapped[:, :, copies].any()


def test_axes_of_mmpose():
    """Its Pose3DInferencer gives what it lifts, (right, down, away), as (-x, z, -y)."""
    mapped = run(H36M[..., [0, 2, 1]] * (-1, 1, -1), source='h36m', target='nturgb+d',
                 axes=('left', 'away', 'up'))
    np.testing.assert_array_equal(mapped, run(H36M, source='h36m', target='nturgb+d'))


def test_the_input_is_not_changed():
    keypoint = H36M.copy()
    keypoint[..., 0, :] = 0
    before = keypoint.copy()
    run(keypoint, source='h36m', target='nturgb+d', scale=0.5)
    np.testing.assert_array_equal(keypoint, before)


def test_repr():
    assert repr(MapJoints('h36m', 'coco', scale=0.001)) == (
        "MapJoints(source='h36m', target='coco', axes=('right', 'down', 'away'), scale=0.001, "
        "target_axes=('right', 'down', 'away'), target_scale=1.0)")


@pytest.mark.parametrize('keypoint, arguments, error, message', [
    (H36M, dict(source='h36', target='coco'), KeyError, "Unknown skeleton layout 'h36'.*'h36m'"),
    (H36M, dict(source='h36m', target='coco', scale=0), ValueError, 'scale of MapJoints is 0, .*0.001'),
    (H36M, dict(source='h36m', target='coco', target_scale=0), ValueError, 'target_scale of MapJoints'),
    (H36M, dict(source='h36m', target='coco', axes=('up', 'down', 'left')), ValueError, 'The axes are'),
    (H36M, dict(source='smpl', target='coco'), ValueError, "'mine', layout 'smpl'.* 17 joints, but 24"),
    (H36M[..., :2], dict(source='h36m', target='coco'), ValueError, "'mine'.* 2 coordinates .* 3 are"),
    (H36M * np.nan, dict(source='h36m', target='coco'), ValueError, "'mine'.*NaN"),
])
def test_errors(keypoint, arguments, error, message):
    with pytest.raises(error, match=message):
        run(keypoint, **arguments)
