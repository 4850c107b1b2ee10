import numpy as np
import pytest

from hico_mm.datasets.layouts import LAYOUTS, get_layout
from hico_mm.datasets.transforms import MapJoints


@pytest.mark.parametrize('name', LAYOUTS)
def test_every_layout_can_be_drawn_and_left_is_right(plot, name):
    layout = get_layout(name)
    places = dict(zip(layout.joints, plot.place_joints(layout).tolist(), strict=True))
    for joint, (x, y) in places.items():
        assert np.sign(x) == dict(left=1, right=-1).get(joint.split('_')[0], 0)
        assert places[joint.replace('left_', 'right_')] == [-abs(x) if x else x, y]
    assert places['left_ankle'][1] < places['left_knee'][1] < places['left_shoulder'][1]


def test_panels_have_numbers_stand_ins_are_hollow_and_copies_share_a_place(plot):
    source, target = get_layout('coco'), get_layout('nturgb+d')
    panels = plot.draw_layouts(source, target).axes
    for axes, layout in zip(panels, (source, target), strict=True):
        assert axes.get_title() == f'{layout.name}: {layout.num_joints} joints'
        numbers = ' '.join(text.get_text() for text in axes.texts).split()
        assert sorted(map(int, numbers)) == list(range(layout.num_joints))
    left, right = panels
    assert len(left.texts) == source.num_joints
    faces = {text.get_text(): line.get_markerfacecolor() for text, line in zip(
        right.texts, [line for line in right.lines if line.get_marker() == 'o'], strict=True)}
    assert faces['6 7 21 22'] == 'black'  # the wrist, and what is copied from it
    assert faces['4'] == 'black' and faces['20'] == faces['1'] == faces['3'] == 'white'


def test_a_frame_is_seen_from_the_front(plot):
    layout = get_layout('nturgb+d')
    person = np.zeros((25, 3), np.float32)
    person[:, :2] = plot.place_joints(layout)
    person[:, 2] = 3
    person[:, 0] *= -1  # a Kinect's x points to the right of a person who faces it
    quarter = person[:, [2, 1, 0]] * (1, 1, -1)  # turned about the vertical
    half = person * (-1, 1, -1)
    expected = plot.place_joints(layout) - plot.place_joints(layout)[1]
    for joints in (person, quarter, half):
        keypoint = joints[None, None].astype(np.float32)
        for seen in plot.view_frame(keypoint, MapJoints('nturgb+d', 'kinect_v2')):
            np.testing.assert_allclose(seen, expected, atol=1e-5)


@pytest.mark.parametrize('source, target', [('h36m', 'nturgb+d'), ('coco', 'smpl')])
def test_both_panels_show_one_pose_from_one_side(plot, source, target):
    """A pose of random joints, so that each layout would turn it in its own way."""
    source, target = get_layout(source), get_layout(target)
    keypoint = np.random.default_rng(0).normal(size=(1, 1, 17, 3)).astype(np.float32)
    places, mapped = plot.view_frame(keypoint, MapJoints(source.name, target.name))
    shared = [name for name in target.joints if name in source.joints]
    assert len(shared) > 11
    for name in shared:
        np.testing.assert_allclose(mapped[target.joints.index(name)],
                                   places[source.joints.index(name)], atol=1e-6)


def test_own_places_are_drawn_without_missing_joints(plot):
    source, target = get_layout('h36m'), get_layout('nturgb+d')
    keypoint = np.random.default_rng(0).normal(size=(1, 1, 17, 3)).astype(np.float32)
    keypoint[..., 13, :] = 0  # the left wrist
    places, mapped = plot.view_frame(keypoint, MapJoints('h36m', 'nturgb+d'))
    assert np.flatnonzero(np.isnan(places[:, 0])).tolist() == [13]
    assert np.flatnonzero(np.isnan(mapped[:, 0])).tolist() == [6, 7, 21, 22]
    left, right = plot.draw_layouts(source, target, places, mapped).axes
    drawn = [line.get_xydata()[0] for line in left.lines if line.get_marker() == 'o']
    np.testing.assert_allclose(drawn, np.delete(places, 13, axis=0), atol=1e-3)
    assert '13' not in ' '.join(text.get_text() for text in left.texts).split()
    assert not {'6', '7', '21', '22'} & set(' '.join(text.get_text() for text in right.texts).split())
