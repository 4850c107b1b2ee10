import itertools

import numpy as np
import pytest
from mmaction.registry import TRANSFORMS

from hico_mm.datasets.annotation_file import read_annotation_file
from hico_mm.datasets.layouts import CAMERA_AXES, KINECT_AXES, LAYOUTS, SkeletonLayout, get_layout
from hico_mm.datasets.synthetic import make_sequences
from hico_mm.datasets.transforms import MapJoints, NormalizeSkeleton
from hico_mm.datasets.transforms.map_joints import (
    asymmetry,
    average_joints,
    axes_matrix,
    body_height,
    check_depth,
    find_doubts,
    joint_sources,
    leave_origin,
    sidedness,
)

H36M = np.zeros((1, 1, 17, 3), np.float32)
H36M[0, 0] = np.arange(51).reshape(17, 3) + 1  # joint j is (3j + 1, 3j + 2, 3j + 3)


def run(keypoint, **arguments):
    transform = TRANSFORMS.build(dict(type='MapJoints', **arguments))
    return transform(dict(keypoint=keypoint, frame_dir='mine'))['keypoint']


def test_a_missing_joint_takes_no_part_in_a_mean():
    keypoint = np.array([[[[2, 0, 0], [4, 4, 0], [0, 0, 0]], [[0, 0, 0], [0, 0, 0], [1, 1, 1]]]], float)
    averaged = average_joints(keypoint, [(0, 1), (1, 2), (2, ), (0, 1, 2)])
    assert averaged.tolist() == [[[[3, 2, 0], [4, 4, 0], [0, 0, 0], [3, 2, 0]],
                                  [[0, 0, 0], [1, 1, 1], [1, 1, 1], [1, 1, 1]]]]


@pytest.mark.parametrize('unit, arguments, pelvis, wrist', [
    (1, dict(), [-1, -2, 3], [-40, -41, 42]),  # the camera's right, down, away as left, up, away
    (1000, dict(axes=('right', 'away', 'up'), scale=0.001), [-1, 3, 2], [-40, 42, 41]),
    (1, dict(axes=('right', 'away', 'up'), target_axes=('up', 'left', 'away'), target_scale=0.001),
     [3000, -1000, 2000], [42000, -40000, 41000])])
def test_axes_and_scale(unit, arguments, pelvis, wrist):
    mapped = run(unit * H36M, source='h36m', target='nturgb+d', **arguments)
    assert mapped.shape == (1, 1, 25, 3) and mapped.dtype == np.float32
    np.testing.assert_allclose(mapped[0, 0, 0], pelvis, rtol=1e-6)  # joint 0 of H36M
    for joint in (6, 7, 21, 22):  # the left wrist, joint 13, also stands for the hand, its tip and thumb
        np.testing.assert_allclose(mapped[0, 0, joint], wrist, rtol=1e-6)


def test_joints_relative_to_the_pelvis_are_normalised_as_all_others():
    """Lifted skeletons have zeros at the pelvis, which are no missing joint."""
    keypoint = make_sequences(1)[0]['keypoint'][:1].astype(np.float32)
    lifted = run(keypoint, source='nturgb+d', target='h36m')
    normalize = NormalizeSkeleton(layout='nturgb+d')
    expected = normalize(dict(keypoint=run(lifted, source='h36m', target='nturgb+d')))['keypoint']
    relative = lifted - lifted[:, :, :1]
    before = relative.copy()
    mapped = run(relative, source='h36m', target='nturgb+d')
    np.testing.assert_array_equal(relative, before)
    np.testing.assert_allclose(mapped[:, :, 0], np.broadcast_to([0, 0, 3], mapped[:, :, 0].shape))
    np.testing.assert_allclose(normalize(dict(keypoint=mapped))['keypoint'], expected, atol=1e-5)


@pytest.mark.parametrize('missing', [[], [3], [1, 4, 13], [7]], ids=str)
def test_an_origin_is_seen_beside_missing_joints(missing, keypoint_of):
    h36m = get_layout('h36m')
    body = keypoint_of(2, 3, 17)  # two persons around the origin, of whom the first has the pelvis there
    body[0, :, [0, *missing]] = 0
    body[0, 1] = 0  # nobody there
    moved = leave_origin(body, h36m, np.array([0, 0, 3], np.float32))
    there = np.setdiff1d(np.arange(17), missing)
    np.testing.assert_array_equal(moved[0][[0, 2]][:, there],
                                  body[0][[0, 2]][:, there] + np.float32([0, 0, 3]))
    assert not moved[0, 1].any() and not moved[0][:, missing].any()
    np.testing.assert_array_equal(moved[1], body[1])  # a person whose pelvis is elsewhere


def test_zeros_that_are_no_origin_stay(keypoint_of):
    h36m = get_layout('h36m')
    body = keypoint_of(2, 3, 17)
    body[0, :, 0] = 0
    wrist = body + 0.01
    wrist[:, :, 13] = 0  # never seen, of a body around the origin
    far = np.where(body, body + 9, 0)  # the origin is outside the body
    sometimes = body.copy()
    sometimes[0, 1, 0] = 1  # the pelvis is elsewhere in one frame
    nobody = np.zeros_like(body)
    for unmoved in (wrist, far, sometimes, nobody):
        np.testing.assert_array_equal(leave_origin(unmoved, h36m, np.ones(3)), unmoved)
    nose = keypoint_of(1, 3, 17)
    nose[:, :, 0] = 0  # out of sight, and nobody's coordinates are relative to it
    np.testing.assert_array_equal(leave_origin(nose, get_layout('coco'), np.ones(3)), nose)


@pytest.mark.parametrize('name, joint', [('nturgb+d', 'spine'), ('nturgb+d', 'thorax'),
                                         ('kinect_v1', 'lower_spine'), ('smpl', 'spine')])
def test_other_joints_of_the_trunk_may_be_the_origin(name, joint, keypoint_of):
    layout = get_layout(name)
    body = keypoint_of(1, 3, layout.num_joints)
    body[:, :, layout.joints.index(joint)] = 0
    np.testing.assert_allclose(leave_origin(body, layout, np.ones(3)), body + 1)


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


# Joints of the source for each of the target's, written out by hand from the two published orders.
SOURCES = {
    ('kinect_v2', 'nturgb+d'): '0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24',
    ('kinect_v1', 'nturgb+d'): '3 3+1 1+0 0 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 1 7 7 11 11',
    ('kinect_v1_sdk', 'nturgb+d'): '0 0+2 2+3 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 2 7 7 11 11',
    ('coco', 'nturgb+d'): '11+12 11+12+5+6 5+6+3+4 3+4 5 7 9 9 6 8 10 10 11 13 15 15 12 14 16 16 5+6 9 '
    '9 10 10',
    ('h36m', 'nturgb+d'): '0 7 9 10 11 12 13 13 14 15 16 16 4 5 6 6 1 2 3 3 8 13 13 16 16',
    ('mediapipe', 'nturgb+d'): '23+24 23+24+11+12 11+12+7+8 7+8 11 13 15 15+17+19 12 14 16 16+18+20 '
    '23 25 27 31 24 26 28 32 11+12 17+19 21 18+20 22',
    ('smpl', 'nturgb+d'): '0 6 12 15 16 18 20 22 17 19 21 23 1 4 7 10 2 5 8 11 16+17 22 22 23 23',
    ('humanml3d', 'nturgb+d'): '0 6 12 15 16 18 20 20 17 19 21 21 1 4 7 10 2 5 8 11 16+17 20 20 21 21',
    ('h36m', 'kinect_v1'): '10 8 0+7 0 11 12 13 13 14 15 16 16 4 5 6 6 1 2 3 3',
    ('nturgb+d', 'coco'): '3 3 3 3 3 4 8 5 9 6 10 12 16 13 17 14 18',
    ('coco', 'h36m'): '11+12 12 14 16 11 13 15 11+12+5+6 5+6 5+6+3+4 3+4 5 7 9 6 8 10',
}


@pytest.mark.parametrize('layouts', SOURCES)
def test_sources_by_hand(layouts):
    expected = tuple(tuple(map(int, joints.split('+'))) for joints in SOURCES[layouts].split())
    assert joint_sources(*map(get_layout, layouts)) == expected


def test_left_stays_left_for_every_pair():
    for source, target in itertools.product(LAYOUTS.values(), LAYOUTS.values()):
        for name, joints in zip(target.joints, joint_sources(source, target), strict=True):
            sides = {source.joints[joint].split('_')[0] for joint in joints} & {'left', 'right'}
            side = name.split('_')[0]
            if side in ('left', 'right'):
                assert sides <= {side}, (source.name, target.name, name)
            else:
                assert sides in (set(), {'left', 'right'}), (source.name, target.name, name)
            if name in source.joints:
                assert joints == (source.joints.index(name), )


def test_a_map_of_one_set_agrees_with_the_publication_of_it(data_dir):
    """UTD-MHAD was brought to NTU's joints by somebody else in the same way."""
    kinects, ntus = (read_annotation_file(str(data_dir / name))['annotations'][::100]
                     for name in ('utd_mhad.pkl', 'utd_mhad_ntu25.pkl'))
    joints = joint_sources(get_layout('kinect_v1'), get_layout('nturgb+d'))
    for kinect, ntu in zip(kinects, ntus, strict=True):
        assert kinect['frame_dir'] == ntu['frame_dir']
        mapped = average_joints(kinect['keypoint'], joints)
        np.testing.assert_allclose(mapped, ntu['keypoint'], atol=1e-5)


def test_a_layout_without_a_joint_is_refused():
    legs = SkeletonLayout('legs', ('pelvis', 'left_knee'), (0, 0), 0, (0, 1), (0, 1), KINECT_AXES)
    with pytest.raises(ValueError, match=r"'coco' has the joint 'nose', but 'legs' has none of "
                                         r"\[\('nose',\), \('head',\)\].*STAND_INS"):
        joint_sources(legs, get_layout('coco'))


@pytest.mark.parametrize('axes, point, expected', [
    (KINECT_AXES, (1, 2, 3), (1, 2, 3)),
    (CAMERA_AXES, (1, 2, 3), (-1, -2, 3)),
    (('right', 'up', 'toward'), (1, 2, 3), (-1, 2, -3)),
    (('right', 'away', 'up'), (1, 2, 3), (-1, 3, 2)),  # of a room, z up
    (('away', 'right', 'up'), (1, 2, 3), (-2, 3, 1)),  # a cycle, whose inverse is another one
    (('right', 'up', 'away'), (1, 2, 3), (-1, 2, 3)),  # left-handed: a reflection
    (('left', 'away', 'up'), (1, 2, 3), (1, 3, 2)),  # of MMPose's Pose3DInferencer
])
def test_axes_by_hand(axes, point, expected):
    point = np.array(point, np.float32)
    assert (point @ axes_matrix(axes, KINECT_AXES)).tolist() == list(expected)
    assert (np.array(expected, np.float32) @ axes_matrix(KINECT_AXES, axes)).tolist() == point.tolist()


@pytest.mark.parametrize('axes', [
    ('left', 'right', 'up'), ('left', 'up'), ('x', 'y', 'z'), 'left', None])
def test_what_is_no_system_of_axes_is_refused(axes):
    with pytest.raises(ValueError, match="The axes are .*one of left and right.*'right', 'down', "):
        axes_matrix(axes, KINECT_AXES)


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


@pytest.mark.parametrize('name', sorted(LAYOUTS))
def test_a_body_and_its_mirror_image(name):
    layout = get_layout(name)
    body = upright(layout)
    assert sidedness(body, layout, KINECT_AXES) > 0.05
    assert sidedness(body * (-1, 1, 1), layout, KINECT_AXES) < -0.05
    # In a left-handed system the mirror image of coordinates is no mirror image of the body.
    assert sidedness(body * (-1, 1, 1), layout, ('right', 'up', 'away')) > 0.05
    assert find_doubts(body, layout, KINECT_AXES) == []
    doubt, = find_doubts(body * (-1, 1, 1), layout, KINECT_AXES)
    assert doubt.startswith('The bodies look mirrored')
    assert 'taken for left up away' in doubt and repr(name) in doubt


def test_toes_that_are_copies_of_the_ankles_do_not_count():
    layout = get_layout('nturgb+d')
    body = upright(layout)
    body[:, :, [15, 19]] = body[:, :, [14, 18]]
    assert sidedness(body, layout, layout.axes) > 0.05  # by the elbows
    body[:, :, 4:12] = 0
    assert sidedness(body, layout, layout.axes) == 0


def test_units():
    layout = get_layout('nturgb+d')
    assert find_doubts(upright(layout), layout) == []
    assert find_doubts(1000 * upright(layout), layout, scale=0.001) == []
    for scale, height in ((1000, '1.55e+03'), (0.1, '0.155')):
        doubt, = find_doubts(scale * upright(layout), layout)
        assert f'measures about {height} metres' in doubt and '0.001 for millimetres' in doubt


def pixels(third):
    body = upright(get_layout('nturgb+d')) * (300, -300, 0) + (500, 400, 0)
    body[..., 2] = third
    return body.astype(np.float32)


@pytest.mark.parametrize('keypoint', [pixels(0), pixels(1), pixels(np.linspace(0, 1, 25)),
                                      pixels(0) / 1000], ids=str)
def test_flat_poses_are_refused(keypoint):
    keypoint[:, :, 3] = 0  # missing
    with pytest.raises(ValueError, match='mine: the skeletons are 2-D, .* Lift the poses'):
        check_depth(keypoint, 'mine')
    check_depth(1000 * upright(get_layout('nturgb+d')), 'mine')


@pytest.mark.parametrize('scale, offset, third', [
    (.3, (.5, .5, -1), None),  # MediaPipe's image landmarks
    (.3, (0, 0, 0), np.linspace(0, .9, 25)), (.3, (.5, .5, 0), np.linspace(0, 1, 25)),
    (1.2, (0, 0, 0), np.linspace(.1, .9, 25)), (.75, (.5, .4, -1), None)])  # and partly out of the image
def test_image_coordinates_are_doubted(scale, offset, third):
    layout = get_layout('nturgb+d')
    body = np.float32(scale) * upright(layout) + np.float32(offset)
    if third is not None:
        body[..., 2] = third
    doubts = [doubt for doubt in find_doubts(body, layout) if 'metres' in doubt]
    assert len(doubts) == 1 and 'of MediaPipe the world landmarks' in doubts[0]  # no scale is advised


def test_lengths_of_both_sides():
    layout = get_layout('h36m')
    body = upright(layout)
    assert asymmetry(body, layout) == pytest.approx(1)
    wrist, elbow = (layout.joints.index(f'left_{joint}') for joint in ('wrist', 'elbow'))
    body[:, :, wrist] = body[:, :, elbow] + 1.7 * (body[:, :, wrist] - body[:, :, elbow])
    assert asymmetry(body, layout) == pytest.approx(1.7)
    straight = upright(layout)
    assert asymmetry([body, straight, body], layout) == pytest.approx(1.7)
    assert find_doubts([body] * 4, layout, KINECT_AXES) == []  # real sequences may be that far off
    assert find_doubts([body, body, straight, straight, straight], layout, KINECT_AXES) == []
    doubt, = find_doubts([body, body, straight, straight, body], layout, KINECT_AXES)
    assert doubt.startswith('A bone of one side is 1.7 times as long') and "'h36m'" in doubt
    body[:, :, wrist] = body[:, :, elbow] + 2.5 * (body[:, :, wrist] - body[:, :, elbow])
    doubt, = find_doubts(body, layout, KINECT_AXES)
    assert doubt.startswith('A bone of one side is 4.25 times as long')
    body[:, :, wrist] = 0  # missing, so that nothing can be said
    assert asymmetry(body, layout) == pytest.approx(1)


@pytest.mark.parametrize('source, taken, relative', [
    ('kinect_v1_sdk', 'kinect_v1', False), ('kinect_v1', 'kinect_v1_sdk', False),
    ('kinect_v1_sdk', 'kinect_v1', True), ('h36m', 'coco', False), ('coco', 'h36m', False)])
def test_an_order_of_joints_taken_for_another(source, taken, relative):
    for annotation in make_sequences(4):
        keypoint = annotation['keypoint'][:1].astype(np.float32)
        body = MapJoints('nturgb+d', source)(dict(keypoint=keypoint))['keypoint']
        if relative:  # to the pelvis, which is zero then
            body -= body[:, :, [get_layout(source).joints.index('pelvis')]]
        assert find_doubts([body], get_layout(source)) == []
        doubts = [doubt for doubt in find_doubts([body], get_layout(taken)) if 'mirrored' not in doubt]
        assert len(doubts) == 1 and f'order of the joints with {taken!r}' in doubts[0]
        assert f'fit {source!r}: name that (--from)' in doubts[0]


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
def test_doubts_of_real_sets(data_dir, name, layout, mirrored):
    annotations = read_annotation_file(str(data_dir / f'{name}.pkl'))['annotations'][::20]
    layout = get_layout(layout)
    found = [find_doubts(annotation['keypoint'], layout) for annotation in annotations]
    assert np.mean(list(map(bool, found))) > 0.8 if mirrored else not any(found)
    assert all(doubt.startswith('The bodies look mirrored') for doubts in found for doubt in doubts)
