import math

import numpy as np
import pytest
from matplotlib.figure import Figure

from hico_mm.datasets.layouts import CAMERA_AXES, KINECT_AXES, NTU_RGBD
from hico_mm.datasets.transforms.map_joints import axes_matrix
from hico_mm.datasets.transforms.normalize import normalize_skeleton
from hico_mm.datasets.transforms.spatial import transform_joints
from hico_mm.visualization.skeleton_drawing import (
    absent_persons,
    bone_lines,
    bounds,
    draw_pose,
    project,
    set_pose,
)

COS, SIN = math.cos(math.pi / 6), 0.5
PARENTS = (1, 1, 1, 2)  # joint 1 is the root
JOINTS = np.array([[0., 1.], [2., 3.], [4., 5.], [6., 7.]])
NONE = np.zeros(4, dtype=bool)


@pytest.mark.parametrize('up, place', [
    (None, [-COS * 2 + SIN * 3, 5]), ('z', [-COS * 2 + SIN * 3, 5]),
    ('y', [-COS * 2 - SIN * 5, 3]), ('-y', [COS * 2 - SIN * 5, -3])])
def test_the_named_coordinate_points_up(up, place):
    np.testing.assert_allclose(project(np.array([[2., 3., 5.]]), up), [place])


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
    seen = dict(zip(NTU_RGBD.joints, project(joints[0, 0], up), strict=True))
    assert seen['left_shoulder'][0] > seen['thorax'][0] > seen['right_shoulder'][0]
    assert seen['thorax'][1] > seen['pelvis'][1]
    assert seen['left_hand'][0] > seen['thorax'][0]


@pytest.mark.parametrize('up, place', [(None, [2, -3]), ('-y', [2, -3]), ('y', [2, 3])])
def test_two_coordinates_are_those_of_an_image(up, place):
    assert project(np.array([2., 3.]), up).tolist() == place


@pytest.mark.parametrize('num_coords, up', [(2, 'z'), (3, 'x'), (4, None), (1, None)])
def test_what_cannot_be_drawn_is_refused(num_coords, up):
    with pytest.raises(ValueError, match=f'Joints with {num_coords} coordinates cannot be drawn .*--up'):
        project(np.zeros((5, num_coords)), up)


def test_bones_go_from_joint_to_parent_with_gaps():
    lines = bone_lines(JOINTS, PARENTS, NONE)
    np.testing.assert_array_equal(lines, [
        [0, 1], [2, 3], [np.nan] * 2, [4, 5], [2, 3], [np.nan] * 2, [6, 7], [4, 5], [np.nan] * 2])


def test_bones_of_missing_joints_are_left_out():
    lines = bone_lines(JOINTS, PARENTS, np.array([False, False, True, False]))
    np.testing.assert_array_equal(lines, [[0, 1], [2, 3], [np.nan] * 2])


def test_bounds_are_of_what_is_there():
    assert bounds(JOINTS, NONE).tolist() == [[0, 1], [6, 7]]
    assert bounds(JOINTS, np.array([True, False, False, True])).tolist() == [[2, 3], [4, 5]]
    assert bounds(JOINTS, ~NONE).tolist() == [[0, 0], [0, 0]]


def test_a_person_without_any_joint_is_absent():
    keypoint = np.zeros((2, 3, 2))
    keypoint[1, 2, 0] = 1
    assert absent_persons(keypoint).tolist() == [[True] * 3, [False] * 3]


def drawn(line):
    return np.transpose(line.get_data()).tolist()


def test_persons_have_bones_joints_and_crosses():
    joints = np.stack([JOINTS, JOINTS + 10])
    missing = np.array([[False, False, False, True], [True] * 4])  # the second person is not there
    axes = Figure().subplots()
    lines = draw_pose(axes, joints, PARENTS, missing)
    assert lines == list(axes.lines)
    bones, there, gone = lines[:3]
    np.testing.assert_array_equal(drawn(bones), bone_lines(JOINTS, PARENTS, missing[0]))
    assert drawn(there) == JOINTS[:3].tolist()
    assert drawn(gone) == [[6, 7]]
    assert gone.get_marker() == 'x'
    assert [len(drawn(line)) for line in lines[3:]] == [0, 0, 0]
    assert lines[0].get_linestyle() != lines[3].get_linestyle()  # also without colour

    set_pose(lines, joints + 1, PARENTS)
    np.testing.assert_array_equal(drawn(lines[3]), bone_lines(JOINTS + 11, PARENTS, NONE))
    assert drawn(lines[1]) == (JOINTS + 1).tolist()
    assert drawn(lines[2]) == []


def test_a_style_replaces_that_of_the_persons():
    lines = draw_pose(Figure().subplots(), JOINTS[None], PARENTS, color='red')
    assert {line.get_color() for line in lines} == {'red'}
