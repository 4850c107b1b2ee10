import dataclasses
import json

import pytest

from hico_mm.datasets.layouts import LAYOUTS, get_layout, get_parents

# Joint-parent pairs of the NTU layout, as the protocol lists them.
NTU_PAIRS = ('0-1 1-20 2-20 3-2 4-20 5-4 6-5 7-6 8-20 9-8 10-9 11-10 12-0 13-12 14-13 15-14 16-0 '
             '17-16 18-17 19-18 20-20 21-22 22-7 23-24 24-11')


def test_ntu_layout():
    layout = get_layout('nturgb+d')
    assert ' '.join(f'{j}-{p}' for j, p in enumerate(layout.parents)) == NTU_PAIRS
    assert layout.num_joints == 25
    assert (layout.center, layout.zaxis, layout.xaxis) == (1, (0, 1), (8, 4))


def test_kinect_v1_layout_is_that_of_the_data(data_dir):
    description = json.loads((data_dir / 'utd_mhad.json').read_text())
    joint = description['joints'].index
    layout = get_layout('kinect_v1')
    assert layout.parents == tuple(description['parents'])
    assert layout.num_joints == 20
    assert layout.center == joint('Spine')
    assert layout.zaxis == (joint('HipCenter'), joint('ShoulderCenter'))
    assert layout.xaxis == (joint('ShoulderRight'), joint('ShoulderLeft'))


def test_coco_layout():
    layout = get_layout('coco')
    assert layout.parents == (0, 0, 0, 1, 2, 0, 0, 5, 6, 7, 8, 0, 0, 11, 12, 13, 14)
    assert layout.num_joints == 17
    assert (layout.center, layout.zaxis, layout.xaxis) == (0, (11, 5), (6, 5))


@pytest.mark.parametrize('name', LAYOUTS)
def test_parents_form_one_tree(name):
    parents = get_parents(name)
    roots = set()
    for joint in range(len(parents)):
        for _ in parents:
            joint = parents[joint]
        assert parents[joint] == joint
        roots.add(joint)
    assert len(roots) == 1


def test_layouts_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        get_layout('coco').center = 3


def test_own_parent_list():
    assert get_parents([1, 1, 1]) == (1, 1, 1)


@pytest.mark.parametrize('resolve', [get_layout, get_parents])
def test_unknown_preset(resolve):
    with pytest.raises(KeyError, match=r"'openpose'.*\['coco', 'kinect_v1', 'nturgb\+d'\]"):
        resolve('openpose')


@pytest.mark.parametrize(('parents', 'message'), [
    ([0, 0, 3], r'Joint 2 has the parent 3, .* 3 joints, numbered 0 to 2.*nturgb\+d'),
    ([-1, 0], 'Joint 0 has the parent -1, .* 2 joints'),
    ([0, 0.5], 'Joint 1 has the parent 0.5'),
    ([], r'parent list is empty.*nturgb\+d'),
])
def test_bad_parent_list(parents, message):
    with pytest.raises(ValueError, match=message):
        get_parents(parents)


def test_parents_that_are_no_list_are_refused():
    with pytest.raises(ValueError, match='The parents are 3; give the parent of each joint'):
        get_parents(3)
