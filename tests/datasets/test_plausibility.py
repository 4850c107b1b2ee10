import pickle

import numpy as np
import pytest

from hico_mm.datasets.layouts import get_layout
from hico_mm.datasets.synthetic import make_sequences
from hico_mm.datasets.transforms.map_joints import (
    MapJoints,
    asymmetry,
    body_height,
    find_doubts,
    sidedness,
)

LAYOUTS = ['nturgb+d', 'kinect_v1', 'coco', 'h36m', 'mediapipe', 'smpl']


def upright(layout):
    """A person who stands facing the camera, toes and nose in front, elbows behind; (1, 1, V, 3)."""
    places = dict(pelvis=(0, 0, 0), hip=(.1, 0, 0), shoulder=(.2, .5, 0), elbow=(.25, .25, .1),
                  wrist=(.3, .1, -.1), head=(0, .7, 0), ear=(.1, .7, 0), nose=(0, .7, -.1),
                  ankle=(.1, -.8, 0), foot=(.1, -.85, -.15))
    joints = []
    for name in layout.joints:
        side, _, part = name.rpartition('_')
        x, y, z = places.get(part, (0, .2, 0))
        joints.append((-x if side.startswith('left') else x, y, 3 + z))
    return np.array(joints, np.float32)[None, None]  # x to the sensor's left: the right of the person


@pytest.mark.parametrize('name', LAYOUTS)
def test_a_body_and_its_mirror_image(name):
    layout = get_layout(name)
    kinect = ('left', 'up', 'away')
    body = upright(layout)
    assert sidedness(body, layout, kinect) > 0.05
    assert sidedness(body * (-1, 1, 1), layout, kinect) < -0.05
    # In a left-handed system the mirror image of coordinates is no mirror image of the body.
    assert sidedness(body * (-1, 1, 1), layout, ('right', 'up', 'away')) > 0.05
    assert find_doubts(body, layout, kinect) == []
    doubt, = find_doubts(body * (-1, 1, 1), layout, kinect)
    assert doubt.startswith('The bodies look mirrored')
    assert 'taken for left up away' in doubt and repr(name) in doubt


def test_toes_that_are_copies_of_the_ankles_do_not_count():
    layout = get_layout('nturgb+d')
    body = upright(layout)
    body[:, :, 15], body[:, :, 19] = body[:, :, 14], body[:, :, 18]
    assert sidedness(body, layout, layout.axes) > 0.05  # by the elbows
    missing = body.copy()
    missing[:, :, 4:12] = 0
    assert sidedness(missing, layout, layout.axes) == 0


@pytest.mark.parametrize('scale, given, doubtful', [
    (1, 1, False), (1000, 1, True), (1000, 0.001, False), (0.1, 1, True)])
def test_units(scale, given, doubtful):
    layout = get_layout('nturgb+d')
    doubts = find_doubts(scale * upright(layout), layout, scale=given)
    assert len(doubts) == doubtful
    if doubtful:
        assert f'measures about {1.55 * scale:.3g} metres' in doubts[0]
        assert '0.001 for millimetres' in doubts[0]


def test_lengths_of_both_sides():
    layout = get_layout('h36m')
    body = upright(layout)
    assert asymmetry(body, layout) == pytest.approx(1)
    wrist, elbow = (layout.joints.index(f'left_{joint}') for joint in ('wrist', 'elbow'))
    body[:, :, wrist] = body[:, :, elbow] + 1.7 * (body[:, :, wrist] - body[:, :, elbow])
    assert asymmetry(body, layout) == pytest.approx(1.7)
    doubt, = find_doubts(body, layout, ('left', 'up', 'away'))
    assert doubt.startswith('A bone of one side is 1.7 times as long') and "'h36m'" in doubt
    body[:, :, wrist] = 0  # missing, so that nothing can be said
    assert asymmetry(body, layout) == pytest.approx(1)


def test_another_layout_of_as_many_joints():
    for annotation in make_sequences(4):
        keypoint = annotation['keypoint'][:1].astype(np.float32)
        for source, taken in (('h36m', 'coco'), ('coco', 'h36m')):
            mapped = MapJoints('nturgb+d', source)(dict(keypoint=keypoint))['keypoint']
            assert asymmetry(mapped, get_layout(source)) < 1.3
            assert asymmetry(mapped, get_layout(taken)) > 1.6


def test_height_ignores_missing_joints_and_persons():
    body = np.zeros((2, 3, 4, 3))
    body[0, :2] = [[1, 1, 1], [1, 2.5, 1], [0, 0, 0], [1.2, 2, 1]]
    assert body_height(body) == 1.5


def test_procedural_actions_are_plausible():
    ntu = get_layout('nturgb+d')
    for annotation in make_sequences(8):
        keypoint = annotation['keypoint'].astype(np.float32)
        assert find_doubts(keypoint[:1], ntu) == []
        mapped = MapJoints('nturgb+d', 'smpl')(dict(keypoint=keypoint))['keypoint']
        assert find_doubts(mapped[:1], get_layout('smpl')) == []


@pytest.mark.parametrize('name, layout, mirrored', [
    ('utd_mhad', 'kinect_v1', False), ('utd_mhad_ntu25', 'nturgb+d', False),
    ('utkinect_ntu25', 'nturgb+d', False), ('uiprmd_ntu25', 'nturgb+d', False),
    ('kard_ntu25', 'nturgb+d', True)])
def test_real_sets(data_dir, name, layout, mirrored):
    with open(data_dir / f'{name}.pkl', 'rb') as file:
        annotations = pickle.load(file)['annotations'][::20]
    layout = get_layout(layout)
    found = [bool(find_doubts(annotation['keypoint'], layout)) for annotation in annotations]
    assert np.mean(found) > 0.8 if mirrored else not any(found)
