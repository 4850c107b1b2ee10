import itertools

import numpy as np
import pytest

from hico_mm.datasets.layouts import LAYOUTS, get_layout
from hico_mm.datasets.transforms import MapJoints
from hico_mm.visualization.layout_figure import draw_layouts, place_joints, view_frame


@pytest.mark.parametrize('name', LAYOUTS)
def test_every_layout_can_be_drawn_and_left_is_right(name):
    layout = get_layout(name)
    places = dict(zip(layout.joints, place_joints(layout).tolist(), strict=True))
    for joint, (x, y) in places.items():
        side = joint.split('_')[0]
        assert np.sign(x) == dict(left=1, right=-1).get(side, 0)
        if side == 'left':
            assert places[joint.replace('left_', 'right_')] == [-x, y]
    assert places['left_ankle'][1] < places['left_knee'][1] < places['left_shoulder'][1]


@pytest.mark.parametrize('source, target', itertools.product(
    ['coco', 'mediapipe'], ['nturgb+d', 'smpl']))
def test_panels_have_numbers_and_bones(source, target):
    source, target = get_layout(source), get_layout(target)
    left, right = draw_layouts(source, target).axes
    for axes, layout in ((left, source), (right, target)):
        assert axes.get_title() == f'{layout.name}: {layout.num_joints} joints'
        numbers = ' '.join(text.get_text() for text in axes.texts).split()
        assert sorted(map(int, numbers)) == list(range(layout.num_joints))
    assert len(left.texts) == source.num_joints


def test_stand_ins_are_hollow_and_copies_share_a_place():
    _, axes = draw_layouts(get_layout('coco'), get_layout('nturgb+d')).axes
    faces = {text.get_text(): line.get_markerfacecolor() for text, line in zip(
        axes.texts, [line for line in axes.lines if line.get_marker() == 'o'], strict=True)}
    assert faces['6 7 21 22'] == 'black'  # the wrist, and what is copied from it
    assert faces['4'] == 'black' and faces['20'] == faces['1'] == faces['3'] == 'white'


def test_a_frame_is_seen_from_the_front():
    layout = get_layout('nturgb+d')
    person = np.zeros((25, 3), np.float32)
    person[:, :2] = place_joints(layout)
    person[:, 2] = 3
    person[:, 0] *= -1  # a Kinect's x points to the right of a person who faces it
    turned = person[:, [2, 1, 0]] * (1, 1, -1)  # by a quarter about the vertical
    for joints in (person, turned):
        keypoint = np.stack([np.zeros_like(joints), joints])[None].astype(np.float32)
        seen = view_frame(keypoint, layout, 1)
        expected = place_joints(layout) - place_joints(layout)[1]
        np.testing.assert_allclose(seen, expected, atol=1e-5)


def test_own_places_are_drawn():
    source, target = get_layout('h36m'), get_layout('coco')
    places = place_joints(source) + 5
    left, right = draw_layouts(source, target, places=places).axes
    drawn = [line for line in left.lines if line.get_marker() == 'o']
    np.testing.assert_allclose([line.get_xydata()[0] for line in drawn], places)
    mapping = MapJoints('h36m', 'coco')
    assert right.get_title() == f'coco: {len(mapping.joints)} joints'
