import dataclasses
import json
import re

import numpy as np
import pytest

from hico_mm.datasets.layouts import LAYOUTS, directions, get_layout, get_parents, layout_advice

# Joint-parent pairs of the NTU layout, as the protocol lists them.
NTU_PAIRS = ('0-1 1-20 2-20 3-2 4-20 5-4 6-5 7-6 8-20 9-8 10-9 11-10 12-0 13-12 14-13 15-14 16-0 '
             '17-16 18-17 19-18 20-20 21-22 22-7 23-24 24-11')


def test_ntu_and_coco_layouts():
    layout = get_layout('nturgb+d')
    assert layout == dataclasses.replace(get_layout('kinect_v2'), name='nturgb+d')
    assert ' '.join(f'{j}-{p}' for j, p in enumerate(layout.parents)) == NTU_PAIRS
    assert layout.num_joints == 25
    assert (layout.center, layout.zaxis, layout.xaxis) == (1, (0, 1), (8, 4))
    layout = get_layout('coco')
    assert layout.parents == (0, 0, 0, 1, 2, 0, 0, 5, 6, 7, 8, 0, 0, 11, 12, 13, 14)
    assert (layout.center, layout.zaxis, layout.xaxis) == (0, (11, 5), (6, 5))


def test_kinect_v1_layout_is_that_of_the_data(data_dir):
    description = json.loads((data_dir / 'utd_mhad.json').read_text())
    joint = description['joints'].index
    layout = get_layout('kinect_v1')
    assert layout.parents == tuple(description['parents'])
    assert layout.num_joints == 20
    assert layout.center == joint('Spine')
    assert layout.zaxis == (joint('HipCenter'), joint('ShoulderCenter'))
    assert layout.xaxis == (joint('ShoulderRight'), joint('ShoulderLeft'))


# What the publishers call the joints, in their order.
PUBLISHED = dict(
    kinect_v2='SpineBase SpineMid Neck Head ShoulderLeft ElbowLeft WristLeft HandLeft ShoulderRight '
    'ElbowRight WristRight HandRight HipLeft KneeLeft AnkleLeft FootLeft HipRight KneeRight AnkleRight '
    'FootRight SpineShoulder HandTipLeft ThumbLeft HandTipRight ThumbRight',
    kinect_v1_sdk='HipCenter Spine ShoulderCenter Head ShoulderLeft ElbowLeft WristLeft HandLeft '
    'ShoulderRight ElbowRight WristRight HandRight HipLeft KneeLeft AnkleLeft FootLeft HipRight '
    'KneeRight AnkleRight FootRight',
    coco='nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder left_elbow '
    'right_elbow left_wrist right_wrist left_hip right_hip left_knee right_knee left_ankle right_ankle',
    h36m='root right_hip right_knee right_foot left_hip left_knee left_foot spine thorax neck_base head '
    'left_shoulder left_elbow left_wrist right_shoulder right_elbow right_wrist',
    mediapipe='nose left_eye_inner left_eye left_eye_outer right_eye_inner right_eye right_eye_outer '
    'left_ear right_ear mouth_left mouth_right left_shoulder right_shoulder left_elbow right_elbow '
    'left_wrist right_wrist left_pinky right_pinky left_index right_index left_thumb right_thumb '
    'left_hip right_hip left_knee right_knee left_ankle right_ankle left_heel right_heel '
    'left_foot_index right_foot_index',
    smpl='pelvis left_hip right_hip spine1 left_knee right_knee spine2 left_ankle right_ankle spine3 '
    'left_foot right_foot neck left_collar right_collar head left_shoulder right_shoulder left_elbow '
    'right_elbow left_wrist right_wrist left_hand right_hand',
    humanml3d='root left_hip right_hip spine1 left_knee right_knee spine2 left_ankle right_ankle spine3 '
    'left_foot right_foot neck left_collar right_collar head left_shoulder right_shoulder left_elbow '
    'right_elbow left_wrist right_wrist')
SAME_PLACE = dict(
    SpineBase='pelvis', SpineMid='spine', SpineShoulder='thorax', HipCenter='pelvis',
    Spine='lower_spine', ShoulderCenter='thorax', Neck='neck', Head='head', root='pelvis',
    neck_base='neck', spine1='lower_spine', spine2='spine', spine3='upper_spine')


def our_name(published, name):
    """The name of a joint here: left_tip for HandTipLeft, left_inner_eye for left_eye_inner."""
    if published in SAME_PLACE:
        return SAME_PLACE[published]
    lower = published.lower().replace('_', '')
    side = next((side for side in ('left', 'right') if side in lower), None)
    if side is None:
        return lower
    part = lower.replace(side, '').replace('handtip', 'tip').replace('footindex', 'foot')
    if name == 'h36m':
        part = part.replace('foot', 'ankle')  # its joint is the ankle
    for which in ('inner', 'outer'):
        part = f'{which}_eye' if part == f'eye{which}' else part
    return f'{side}_{part}'


@pytest.mark.parametrize('name', PUBLISHED)
def test_joints_are_in_the_order_of_the_publisher(name):
    assert get_layout(name).joints == tuple(our_name(x, name) for x in PUBLISHED[name].split())


def test_the_two_orders_of_kinect_v1_differ_in_the_spine_alone():
    ours, sdk = get_layout('kinect_v1'), get_layout('kinect_v1_sdk')
    assert ours.joints[:4] == sdk.joints[3::-1] and ours.joints[4:] == sdk.joints[4:]
    for field in ('zaxis', 'xaxis'):
        assert [ours.joints[x] for x in getattr(ours, field)] == [
            sdk.joints[x] for x in getattr(sdk, field)]
    assert ours.joints[ours.center] == sdk.joints[sdk.center] == 'lower_spine'
    bones = [{frozenset((layout.joints[j], layout.joints[p])) for j, p in enumerate(layout.parents)}
             for layout in (ours, sdk)]
    assert bones[0] == bones[1]


@pytest.mark.parametrize('name', LAYOUTS)
def test_a_preset_is_consistent(name):
    layout = get_layout(name)
    assert len(set(layout.joints)) == len(layout.joints) == layout.num_joints
    assert np.linalg.det(directions(layout.axes)) == 1  # right-handed
    joints = layout.joints
    right, left = (joints[joint] for joint in layout.xaxis)
    assert (right, left) == ('right_shoulder', 'left_shoulder')
    # No bone from a left joint to a right one.
    for joint, parent in enumerate(layout.parents):
        sides = {joints[x].split('_')[0] for x in (joint, parent)}
        assert sides != {'left', 'right'}
    # Left and right have the same bones.
    swap = {x: x.replace('left_', 'R_').replace('right_', 'left_').replace('R_', 'right_')
            for x in joints}
    for joint, parent in enumerate(layout.parents):
        mirrored = layout.parents[joints.index(swap[joints[joint]])]
        assert joints[mirrored] == swap[joints[parent]]
    # One tree: from every joint the same root is reached.
    reached = np.arange(layout.num_joints)
    for _ in layout.parents:
        reached = np.array(layout.parents)[reached]
    root, = set(reached.tolist())
    assert layout.parents[root] == root


@pytest.mark.parametrize(('parents', 'message'), [
    ([0, 0, 3], r'Joint 2 has the parent 3, .* 3 joints, numbered 0 to 2.*nturgb\+d'),
    ([-1, 0], 'Joint 0 has the parent -1, .* 2 joints'),
    ([0, 0.5], 'Joint 1 has the parent 0.5'),
    ([], r'The parents are \[\]; .*nturgb\+d'),
    (3, 'The parents are 3; give the parent of each joint'),
])
def test_parents_by_name_or_list(parents, message):
    assert get_parents('nturgb+d') == get_layout('nturgb+d').parents
    assert get_parents([1, 1, 1]) == (1, 1, 1)
    with pytest.raises(ValueError, match=message):
        get_parents(parents)
    for resolve in (get_layout, get_parents):
        with pytest.raises(KeyError, match=r"'openpose'.*\['coco', 'h36m', 'humanml3d', .*'smpl'\]"):
            resolve('openpose')


@pytest.mark.parametrize(('arguments', 'message'), [
    ((17, 'nturgb+d'), r"Layouts with 17 joints are \['coco', 'h36m'\]: .* --from of tools/infer.py .*"
     r"--from and --to of tools/data/npy.py; .*dict\(type='MapJoints', source=..., target='nturgb\+d'\)"
     ' .*with num_joints=17'),
    ((24, ), r"\['smpl'\]: .*source='smpl', target=...\)"),
    ((7, ), r"^No layout with 7 joints is known; .* mapped from \{'nturgb\+d': 25, .*'smpl': 24\}"),
])
def test_advice_names_the_map(arguments, message):
    assert re.search(message, layout_advice(*arguments))
