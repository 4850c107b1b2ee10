import math

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from mmengine.config import Config

from hico_mm.datasets.layouts import CAMERA_AXES, H36M, KINECT_AXES, LAYOUTS, NTU_RGBD
from hico_mm.datasets.transforms.map_joints import axes_matrix
from hico_mm.datasets.transforms.normalize import normalize_skeleton
from hico_mm.datasets.transforms.spatial import transform_joints
from hico_mm.visualization import skeletons

COS, SIN = math.cos(math.pi / 6), 0.5
PARENTS = (1, 1, 1, 2)  # joint 1 is the root
JOINTS = np.array([[0., 1.], [2., 3.], [4., 5.], [6., 7.]])
GAP = [np.nan] * 2


@pytest.mark.parametrize('joint, up, place', [
    ([2., 3., 5.], None, [-COS * 2 + SIN * 3, 5]), ([2., 3., 5.], 'z', [-COS * 2 + SIN * 3, 5]),
    ([2., 3., 5.], 'y', [-COS * 2 - SIN * 5, 3]), ([2., 3., 5.], '-y', [COS * 2 - SIN * 5, -3]),
    ([2., 3.], None, [2, -3]), ([2., 3.], '-y', [2, -3]), ([2., 3.], 'y', [2, 3])])
def test_the_named_coordinate_points_up(joint, up, place):
    np.testing.assert_allclose(skeletons.project(np.array([joint]), up), [place])


@pytest.mark.parametrize('axes, up', [(KINECT_AXES, 'y'), (CAMERA_AXES, '-y'), (KINECT_AXES, 'z')])
def test_a_person_who_faces_the_camera_is_seen_from_the_front(axes, up):
    """Right is drawn left, the front to the right; the camera sees the person's left on its right."""
    kinect = np.zeros((1, 1, 25, 3), np.float32)
    places = dict(right_shoulder=(.2, .5, 3), left_shoulder=(-.2, .5, 3), thorax=(0, .5, 3),
                  pelvis=(0, 0, 3), spine=(0, .3, 3), left_hand=(0, .3, 2.4))  # towards the camera
    for name, place in places.items():
        kinect[0, 0, NTU_RGBD.joints.index(name)] = place
    joints = transform_joints(kinect, axes_matrix(KINECT_AXES, axes))
    if up == 'z':
        joints = normalize_skeleton(joints, NTU_RGBD.center, NTU_RGBD.zaxis, NTU_RGBD.xaxis)
    seen = dict(zip(NTU_RGBD.joints, skeletons.project(joints[0, 0], up), strict=True))
    assert seen['left_shoulder'][0] > seen['thorax'][0] > seen['right_shoulder'][0]
    assert seen['thorax'][1] > seen['pelvis'][1]
    assert seen['left_hand'][0] > seen['thorax'][0]


@pytest.mark.parametrize('num_coords, up', [(2, 'z'), (3, 'x'), (4, None), (1, None)])
def test_what_cannot_be_drawn_is_refused(num_coords, up):
    with pytest.raises(ValueError, match=f'Joints with {num_coords} coordinates cannot be drawn .*--up'):
        skeletons.project(np.zeros((5, num_coords)), up)


def test_frames_have_a_box_without_absent_persons():
    keypoint = np.zeros((2, 3, 4, 2))  # two persons, three frames
    keypoint[0] = JOINTS
    keypoint[:, 1] += 5
    places, missing, box = poses = skeletons.look(keypoint, [2, 0], 'y')
    np.testing.assert_array_equal(places, keypoint[:, [2, 0]].swapaxes(0, 1))
    assert missing.tolist() == [[[False] * 4, [True] * 4]] * 2
    assert box.tolist() == [[0, 1], [6, 7]] and poses.size.tolist() == [6, 6]
    assert not skeletons.look(keypoint, [1]).missing.any()
    assert skeletons.look(np.zeros((1, 1, 4, 3)), [0]).box.tolist() == [[0, 0]] * 2


def test_persons_have_bones_and_crosses():
    places = np.stack([JOINTS, JOINTS + 10])
    # Joint 2 is missing, so the bone of joint 3 has no end; the second person is not there.
    missing = np.array([[False, False, True, False], [True] * 4])
    axes = Figure().subplots()
    lines = skeletons.draw_pose(axes, places, PARENTS, missing)
    assert lines == list(axes.lines) and len(lines) == 8
    left, right, trunk, crosses = lines[:4]
    np.testing.assert_array_equal(trunk.get_xydata(), [
        [0, 1], [2, 3], GAP, [2, 3], [2, 3], GAP, [6, 7], [6, 7], GAP])
    assert trunk.get_markevery() == slice(0, None, 3)  # a dot at each joint
    assert crosses.get_xydata().tolist() == [[4, 5]] and crosses.get_marker() == 'x'
    assert [len(line.get_xydata()) for line in (left, right, *lines[4:])] == [0] * 6
    assert trunk.get_linestyle() != lines[6].get_linestyle()  # persons differ without colour, too

    skeletons.move_pose(lines, places + 1, PARENTS)
    assert len(crosses.get_xydata()) == 0
    np.testing.assert_array_equal(lines[6].get_xydata()[9:11], [[17, 18], [15, 16]])


@pytest.mark.parametrize('layout', [NTU_RGBD, H36M])
def test_left_and_right_limbs_differ_in_grey(layout):
    places = np.arange(2. * layout.num_joints).reshape(1, -1, 2) + 1
    lines = skeletons.draw_pose(Figure().subplots(), places, layout.parents)
    for line, side in zip(lines, ('left', 'right'), strict=False):
        limbs = [joint for joint, name in enumerate(layout.joints) if name.startswith(side)]
        np.testing.assert_array_equal(line.get_xydata()[::3], places[0, limbs])
        np.testing.assert_array_equal(line.get_xydata()[1::3],
                                      places[0, [layout.parents[joint] for joint in limbs]])
    left, right = (np.dot(to_rgb(line.get_color()), [.299, .587, .114]) for line in lines[:2])
    assert right - left > 0.3
    assert 'Left limbs are blue, right limbs orange' in skeletons.caption(layout.parents)


def test_unknown_bones_have_no_sides_and_faint_poses_are_nearly_white():
    assert skeletons.caption(PARENTS) == "Seen from the front: the person's left is on the right."
    for layout in LAYOUTS.values():
        assert set(skeletons.joint_sides(layout.parents)) == {'left', 'right', 'trunk'}
    lines = skeletons.draw_pose(Figure().subplots(), JOINTS[None], PARENTS, strength=0.25)
    np.testing.assert_allclose(to_rgb(lines[2].get_color()), 0.75)


def test_bones_come_from_the_preprocessor():
    parents, stream = skeletons.load_bones(Config(dict(model=dict())))  # as MoCoRecognizer without one
    assert (parents, stream) == (NTU_RGBD.parents, 'joint')
    other = Config(dict(model=dict(data_preprocessor=dict(type='ActionDataPreprocessor'))),
                   cfg_text='own', filename='own.py')
    with pytest.raises(ValueError, match='of own.py is ActionDataPreprocessor, which knows no bones.'):
        skeletons.load_bones(other)
