import pickle

import numpy as np
import pytest
from mmaction.registry import DATASETS

from hico_mm.datasets import SkeletonDataset, missing_file_message


def annotation(name, label=0, shape=(1, 4, 25, 3), dtype=np.float16, **extra):
    keypoint = np.random.default_rng(len(name)).normal(size=shape).astype(dtype)
    return dict(frame_dir=name, label=label, total_frames=shape[1], keypoint=keypoint, **extra)


def build(tmp_path, annotations, split='xsub_train', **kwargs):
    path = tmp_path / 'own.pkl'
    names = [x['frame_dir'] for x in annotations]
    content = annotations if split is None else dict(
        split=dict(xsub_train=names, xsub_val=names[:1]), annotations=annotations)
    path.write_bytes(pickle.dumps(content))
    return SkeletonDataset(str(path), [], split, **kwargs)


def test_reads_the_stock_format_as_it_is(tmp_path):
    two = annotation('S001C001P001R001A050', 49, (2, 7, 25, 3), distance=1.5)
    dataset = build(tmp_path, [two, annotation('b', np.int64(3))], num_classes=60, num_joints=25,
                    num_coords=3)
    assert len(dataset) == 2
    sample = dataset[0]
    assert sample['keypoint'].dtype == np.float16
    np.testing.assert_array_equal(sample['keypoint'], two['keypoint'])
    assert (sample['label'], sample['total_frames'], sample['distance']) == (49, 7, 1.5)
    assert dataset[1]['label'] == 3


def test_takes_the_split_alone(tmp_path):
    # A bad sequence of another split is nobody's business.
    annotations = [annotation('a'), annotation('b', shape=(1, 4, 20, 3))]
    dataset = build(tmp_path, annotations, 'xsub_val', num_joints=25)
    assert [dataset[i]['frame_dir'] for i in range(len(dataset))] == ['a']
    assert len(build(tmp_path, annotations, None)) == 2


def test_file_below_the_data_root_is_missing(tmp_path):
    config = dict(type='SkeletonDataset', ann_file='ntu60_3d.pkl', data_root=str(tmp_path),
                  pipeline=[], split='xsub_train')
    with pytest.raises(FileNotFoundError) as error:
        DATASETS.build(config)
    assert str(error.value) == missing_file_message(str(tmp_path / 'ntu60_3d.pkl'))


def test_absent_split(tmp_path):
    with pytest.raises(ValueError, match=r"own.pkl has no split 'xset'; it has \['xsub_train', "):
        build(tmp_path, [annotation('a')], 'xset')


@pytest.mark.parametrize('value, message', [
    (np.ones((4, 25, 3)), r'has the shape \(4, 25, 3\)'),
    (np.ones((1, 4, 20, 3)), 'has 20 joints, but 25 are configured'),
    (np.ones((1, 4, 25, 2)), 'has 2 coordinates per joint, but 3 are expected'),
    (np.ones((1, 0, 25, 3)), 'is empty'),
    (np.zeros((1, 4, 25, 3)), 'every frame of the keypoint is zero'),
    (np.full((1, 4, 25, 3), np.nan), 'has NaN or infinite values'),
    (np.full((1, 4, 25, 3), np.inf, np.float16), 'has NaN or infinite values'),
    ([[[[0.1]]]], 'is of type list'),
])
def test_bad_keypoint(value, message, tmp_path):
    bad = dict(annotation('bad'), keypoint=value)
    with pytest.raises(ValueError, match=rf"own.pkl, sequence 'bad': .*{message}"):
        build(tmp_path, [annotation('good'), bad], num_joints=25, num_coords=3)


@pytest.mark.parametrize('label', [10, -1, np.int64(10), 1.0, None, '3', [3]])
def test_bad_label(label, tmp_path):
    with pytest.raises(ValueError) as error:
        build(tmp_path, [annotation('good', 9), annotation('bad', label)], num_classes=10)
    assert str(error.value) == (
        f"{tmp_path}/own.pkl, sequence 'bad': the label is {label!r}, but a whole number from 0 to "
        'below num_classes=10 is expected; correct the label, or num_classes in the config.')


def test_any_label_without_num_classes(tmp_path):
    assert build(tmp_path, [annotation('a', 1000)])[0]['label'] == 1000


def test_labels_of_several_classes(tmp_path):
    dataset = build(tmp_path, [annotation('a', [0, 2])], num_classes=3, multi_class=True)
    assert dataset[0]['label'].tolist() == [1, 0, 1]
    with pytest.raises(ValueError, match=r"sequence 'a': the label is \[0, 3\]"):
        build(tmp_path, [annotation('a', [0, 3])], num_classes=3, multi_class=True)


@pytest.mark.parametrize('key', ['keypoint', 'label'])
def test_missing_field(key, tmp_path):
    bad = annotation('bad')
    del bad[key]
    with pytest.raises(ValueError, match=f"sequence 'bad': there is no '{key}' among its keys"):
        build(tmp_path, [bad], num_classes=60)


def test_labels_may_be_missing_without_classes(tmp_path):
    unlabelled = annotation('a')
    del unlabelled['label']
    assert 'label' not in build(tmp_path, [unlabelled]).get_data_info(0)


@pytest.mark.parametrize('total_frames', [0, 8])
def test_total_frames_beyond_the_keypoint(tmp_path, total_frames):
    bad = dict(annotation('bad'), total_frames=total_frames)
    with pytest.raises(ValueError, match=f"sequence 'bad': total_frames is {total_frames}, but the "
                       'keypoint has [0-9] frames'):
        build(tmp_path, [bad])


def test_only_total_frames_count(tmp_path):
    keypoint = np.ones((1, 7, 25, 3))
    keypoint[:, :3] = 0
    bad = dict(annotation('bad'), keypoint=keypoint, total_frames=3)
    with pytest.raises(ValueError, match="sequence 'bad': every frame of the keypoint is zero"):
        build(tmp_path, [bad])


@pytest.mark.parametrize('name, num_joints, num_train', [
    ('utd_mhad', 20, 431), ('utd_mhad_ntu25', 25, 431), ('kard_ntu25', 25, 270),
    ('utkinect_ntu25', 25, 100), ('uiprmd_ntu25', 25, 1000)])
def test_real_sets(name, num_joints, num_train, data_dir):
    dataset = SkeletonDataset(str(data_dir / f'{name}.pkl'), [], 'xsub_train', num_classes=27,
                              num_joints=num_joints, num_coords=3)
    assert len(dataset) == num_train


def test_numpy_labels_become_int(tmp_path):
    dataset = build(tmp_path, [annotation('a', np.int64(3))], num_classes=10)
    assert type(dataset.get_data_info(0)['label']) is int


@pytest.mark.parametrize('total_frames', [3.0, '3'])
def test_total_frames_of_another_type(tmp_path, total_frames):
    bad = dict(annotation('bad'), total_frames=total_frames)
    with pytest.raises(ValueError, match=f'total_frames is {total_frames!r}'):
        build(tmp_path, [bad])


def test_frame_dir_of_another_type(tmp_path):
    bad = dict(annotation('bad'), frame_dir=['bad'])
    with pytest.raises(ValueError, match=r"annotation 0 has the frame_dir \['bad'\], expected a str"):
        build(tmp_path, [bad], split=None)
