import itertools
import pickle

import numpy as np
import pytest

from hico_mm.datasets.layouts import LAYOUTS, SkeletonLayout, directions, get_layout
from hico_mm.datasets.transforms.map_joints import (
    STAND_INS,
    average_joints,
    axes_matrix,
    joint_sources,
)

# Joints of the source for each of NTU's 25, written out by hand from the two published orders.
TO_NTU = dict(
    kinect_v2='0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24',
    kinect_v1='3 3+1 1+0 0 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 1 7 7 11 11',
    kinect_v1_sdk='0 0+2 2+3 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 2 7 7 11 11',
    coco='11+12 11+12+5+6 5+6+3+4 3+4 5 7 9 9 6 8 10 10 11 13 15 15 12 14 16 16 5+6 9 9 10 10',
    h36m='0 7 9 10 11 12 13 13 14 15 16 16 4 5 6 6 1 2 3 3 8 13 13 16 16',
    mediapipe='23+24 23+24+11+12 11+12+7+8 7+8 11 13 15 15+17+19 12 14 16 16+18+20 23 25 27 31 24 26 28 '
    '32 11+12 17+19 21 18+20 22',
    smpl='0 6 12 15 16 18 20 22 17 19 21 23 1 4 7 10 2 5 8 11 16+17 22 22 23 23')
# And for another encoder's layout.
OTHERS = {
    ('h36m', 'kinect_v1'): '10 8 0+7 0 11 12 13 13 14 15 16 16 4 5 6 6 1 2 3 3',
    ('nturgb+d', 'coco'): '3 3 3 3 3 4 8 5 9 6 10 12 16 13 17 14 18',
    ('coco', 'h36m'): '11+12 12 14 16 11 13 15 11+12+5+6 5+6 5+6+3+4 3+4 5 7 9 6 8 10',
}


def parse(text):
    return tuple(tuple(map(int, joints.split('+'))) for joints in text.split())


@pytest.mark.parametrize('source, target, expected', [
    *((source, 'nturgb+d', text) for source, text in TO_NTU.items()),
    *((*pair, text) for pair, text in OTHERS.items())])
def test_sources_by_hand(source, target, expected):
    assert joint_sources(get_layout(source), get_layout(target)) == parse(expected)


@pytest.mark.parametrize('source, target', itertools.product(LAYOUTS, LAYOUTS))
def test_left_stays_left_for_every_pair(source, target):
    source, target = get_layout(source), get_layout(target)
    for name, joints in zip(target.joints, joint_sources(source, target), strict=True):
        sides = {source.joints[joint].split('_')[0] for joint in joints} & {'left', 'right'}
        side = name.split('_')[0]
        if side in ('left', 'right'):
            assert sides <= {side}
        else:
            assert sides in (set(), {'left', 'right'})
        if name in source.joints:
            assert joints == (source.joints.index(name), )


def test_a_map_of_one_set_agrees_with_the_publication_of_it(data_dir):
    """UTD-MHAD was brought to NTU's joints by somebody else in the same way."""
    def load(name):
        with open(data_dir / name, 'rb') as file:
            return pickle.load(file)['annotations'][::100]

    joints = joint_sources(get_layout('kinect_v1'), get_layout('nturgb+d'))
    for kinect, ntu in zip(load('utd_mhad.pkl'), load('utd_mhad_ntu25.pkl'), strict=True):
        assert kinect['frame_dir'] == ntu['frame_dir']
        mapped = average_joints(kinect['keypoint'], joints)
        np.testing.assert_allclose(mapped, ntu['keypoint'], atol=1e-5)


def test_a_layout_without_a_joint_is_refused():
    legs = SkeletonLayout('legs', ('pelvis', 'left_knee'), (0, 0), 0, (0, 1), (0, 1),
                          ('left', 'up', 'away'))
    with pytest.raises(ValueError, match=r"'coco' has the joint 'nose', but 'legs' .*STAND_INS"):
        joint_sources(legs, get_layout('coco'))


def test_the_table_has_both_sides():
    assert STAND_INS['right_hand'] == [('right_wrist', 'right_pinky', 'right_index'), ('right_wrist', )]
    assert STAND_INS['left_hand'][-1] == ('left_wrist', )


KINECT = ('left', 'up', 'away')


@pytest.mark.parametrize('axes, point, expected', [
    (KINECT, (1, 2, 3), (1, 2, 3)),
    (('right', 'down', 'away'), (1, 2, 3), (-1, -2, 3)),  # of a camera
    (('right', 'up', 'toward'), (1, 2, 3), (-1, 2, -3)),
    (('right', 'away', 'up'), (1, 2, 3), (-1, 3, 2)),  # of a room, z up
    (('right', 'up', 'away'), (1, 2, 3), (-1, 2, 3)),  # left-handed: a reflection
])
def test_axes_by_hand(axes, point, expected):
    point = np.array(point, np.float32)
    assert (point @ axes_matrix(axes, KINECT)).tolist() == list(expected)
    assert (np.array(expected, np.float32) @ axes_matrix(KINECT, axes)).tolist() == point.tolist()


def test_only_a_left_handed_system_is_reflected():
    assert np.linalg.det(axes_matrix(('right', 'down', 'away'), KINECT)) == 1
    assert np.linalg.det(axes_matrix(('right', 'up', 'away'), KINECT)) == -1


@pytest.mark.parametrize('axes', [
    ('left', 'right', 'up'), ('left', 'up'), ('x', 'y', 'z'), 'left', None])
def test_what_is_no_system_of_axes_is_refused(axes):
    with pytest.raises(ValueError, match="The axes are .*one of left and right.*'right', 'down', "):
        directions(axes)
