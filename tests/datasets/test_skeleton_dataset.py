import pickle
from functools import partial

import numpy as np
import pytest
from mmaction.registry import DATASETS
from mmengine.dataset import ClassBalancedDataset
from mmengine.registry import DefaultScope

from hico_mm.datasets import (
    LabelFraction,
    SeededDataset,
    SkeletonDataset,
    SyntheticSkeletonDataset,
    missing_file_message,
    write_packed_store,
)


def annotation(name, label=0, shape=(1, 4, 25, 3), dtype=np.float16, **extra):
    keypoint = np.random.default_rng(len(name)).normal(size=shape).astype(dtype)
    return dict(frame_dir=name, label=label, total_frames=shape[1], keypoint=keypoint, **extra)


def build(tmp_path, annotations, split='xsub_train', **kwargs):
    path = tmp_path / 'own.pkl'
    names = [x['frame_dir'] for x in annotations]
    content = annotations if split is None else dict(
        split=dict(xsub_train=names, xsub_val=names[:1]), annotations=annotations)
    path.write_bytes(pickle.dumps(content))
    return SkeletonDataset(str(path), [], split, serialize_data=False, **kwargs)


def test_reads_the_stock_format_as_it_is(tmp_path):
    two = annotation('S001C001P001R001A050', 49, (2, 7, 25, 3), distance=1.5)
    dataset = build(tmp_path, [two, annotation('b', np.int64(3))], num_classes=60, num_joints=25,
                    num_coords=3)
    assert len(dataset) == 2
    sample = dataset[0]
    assert sample['keypoint'].dtype == np.float16
    np.testing.assert_array_equal(sample['keypoint'], two['keypoint'])
    assert (sample['label'], sample['total_frames'], sample['distance']) == (49, 7, 1.5)
    assert type(dataset.get_data_info(1)['label']) is int and dataset[1]['label'] == 3


def test_takes_the_split_alone(tmp_path):
    # A bad sequence of another split is nobody's business.
    annotations = [annotation('a'), annotation('b', shape=(1, 4, 20, 3))]
    dataset = build(tmp_path, annotations, 'xsub_val', num_joints=25)
    assert [dataset[i]['frame_dir'] for i in range(len(dataset))] == ['a']
    assert len(build(tmp_path, annotations, None)) == 2


def test_indices_are_those_of_samples(tmp_path):
    two = [annotation('a', shape=(1, 40, 25, 3)), annotation('b')]
    dataset = build(tmp_path, two, window=20, indices=[2, 0])
    assert [dataset.get_data_info(i)['frame_dir'] for i in range(len(dataset))] == ['b:0', 'a:0']
    for outside in (3, -4):
        with pytest.raises(ValueError, match=f"train': .* have {outside}, but there are 3 samples"):
            build(tmp_path, two, window=20, indices=[0, outside])


@pytest.mark.parametrize('persons, number', [(6, 0), (7, 1)])
def test_many_persons(tmp_path, told, persons, number):
    build(tmp_path, [annotation('a', shape=(persons, 9, 25, 3))])
    assert len(told) == number and all('has 7 persons' in text for text in told)


def test_file_below_the_data_root_is_missing(tmp_path):
    config = dict(type='SkeletonDataset', ann_file='ntu60_3d.pkl', data_root=str(tmp_path),
                  pipeline=[], split='xsub_train')
    with pytest.raises(FileNotFoundError) as error:
        DATASETS.build(config)
    assert str(error.value) == missing_file_message(str(tmp_path / 'ntu60_3d.pkl'))


@pytest.mark.parametrize('change, message', [
    (dict(keypoint=np.ones((1, 4, 20, 3))), 'the keypoint .* has 20 joints, but 25 are configured'),
    (dict(keypoint=np.ones((1, 4, 25, 2))), 'the keypoint .* has 2 coordinates per joint, but 3 are'),
    (dict(label=10), 'the label is 10, but a whole number'),
])
def test_bad_sequence(change, message, tmp_path):
    bad = dict(annotation('bad'), **change)
    with pytest.raises(ValueError, match=rf"own.pkl, sequence 'bad': {message}"):
        build(tmp_path, [annotation('good', 9), bad], num_classes=10, num_joints=25, num_coords=3)


def test_labels_of_several_classes_or_none(tmp_path):
    dataset = build(tmp_path, [annotation('a', [0, 2])], num_classes=3, multi_class=True)
    assert dataset[0]['label'].tolist() == [1, 0, 1]
    with pytest.raises(ValueError, match=r"sequence 'a': the label is \[0, 3\]"):
        build(tmp_path, [annotation('a', [0, 3])], num_classes=3, multi_class=True)
    unlabelled = annotation('a')
    del unlabelled['label']
    assert 'label' not in build(tmp_path, [unlabelled]).get_data_info(0)


BALANCED = dict(type='ClassBalancedDataset', oversample_thr=0.5)


@pytest.mark.parametrize('nest', [
    lambda x: {**BALANCED, 'dataset': x}, lambda x: ClassBalancedDataset(DATASETS.build(x), 0.5),
    *(lambda x, kind=kind: ClassBalancedDataset(kind(x), 0.5) for kind in (
        SeededDataset, partial(LabelFraction, fraction=1))),
    lambda x: dict(type='SeededDataset', dataset={**BALANCED, 'dataset': x}),
    lambda x: {**BALANCED, 'dataset': dict(type='SeededDataset', dataset=dict(
        type='LabelFraction', fraction=1., dataset=x))}])
def test_classes_are_balanced(tmp_path, nest):
    """Of 9 to 1 sequences, the one comes ceil(sqrt(0.5 / 0.1)) = 3 times."""
    annotations = [annotation(str(i), label=int(i == 4)) for i in range(10)]
    build(tmp_path, annotations, None)
    write_packed_store(tmp_path / 'store', [(x, []) for x in annotations])
    sources = [dict(type='SkeletonDataset', ann_file=str(tmp_path / 'own.pkl'), pipeline=[]),
               dict(type='PackedSkeletonDataset', path=str(tmp_path / 'store'), pipeline=[])]
    for source in sources:
        dataset = nest(source)
        with DefaultScope.overwrite_default_scope('mmaction'):
            dataset = DATASETS.build(dataset) if isinstance(dataset, dict) else dataset
        names = [dataset.get_data_info(i)['frame_dir'] for i in range(len(dataset))]
        assert names == [*'0123', *'444', *'56789']
        assert [dataset.get_cat_ids(i) for i in (0, 5)] == [[0], [1]]


def test_classes_of_several_labels_none_and_procedural_actions(tmp_path):
    dataset = build(tmp_path, [annotation('a', [0, 2]), annotation('b', [])], None, num_classes=3,
                    multi_class=True)
    assert [dataset.get_cat_ids(i) for i in range(2)] == [[0, 2], []]
    assert SyntheticSkeletonDataset(4, [], num_classes=3).get_cat_ids(2) == [2]
    unlabelled = annotation('a')
    del unlabelled['label']
    with pytest.raises(ValueError, match="sequence 'a' has no label, by which classes are balanced"):
        ClassBalancedDataset(build(tmp_path, [unlabelled]), 0.5)


@pytest.mark.parametrize('num_frames, bounds', [
    (3, [(0, 3)]), (14, [(0, 14)]), (16, [(0, 8), (8, 16)]), (20, [(0, 10), (10, 20)]),
    (31, [(0, 10), (10, 20), (20, 31)])])
def test_windows_of_about_equal_length(tmp_path, num_frames, bounds):
    whole = annotation('a', 7, (2, num_frames + 2, 5, 3), extra=1)
    whole['total_frames'] = num_frames  # the rest is none of it
    windows = build(tmp_path, [whole], window=10)
    assert len(windows) == len(bounds)
    for window, (start, stop) in zip(windows, bounds, strict=True):
        np.testing.assert_array_equal(window['keypoint'], whole['keypoint'][:, start:stop])
        assert (window['frame_dir'], window['label'], window['total_frames'], window['extra']) == (
            f'a:{start}', 7, stop - start, 1)


def test_windows_without_a_person_and_of_no_frames(tmp_path):
    empty = annotation('a', shape=(1, 30, 5, 2))
    empty.update(keypoint_score=np.arange(150.).reshape(1, 30, 5))
    empty['keypoint'][:, 10:20] = 0
    windows = build(tmp_path, [empty], window=10)
    assert [(x['frame_dir'], x['keypoint_score'][0, 0, 0]) for x in windows] == [
        ('a:0', 0), ('a:20', 100)]
    with pytest.raises(ValueError, match='window=0 must be a positive integer'):
        build(tmp_path, [empty], window=0)


@pytest.mark.parametrize('name, num_joints, num_train', [
    ('utd_mhad', 20, 431), ('utd_mhad_ntu25', 25, 431), ('kard_ntu25', 25, 270),
    ('utkinect_ntu25', 25, 100), ('uiprmd_ntu25', 25, 1000)])
def test_real_sets(name, num_joints, num_train, data_dir):
    dataset = SkeletonDataset(str(data_dir / f'{name}.pkl'), [], 'xsub_train', num_classes=27,
                              num_joints=num_joints, num_coords=3, serialize_data=False)
    assert len(dataset) == num_train
