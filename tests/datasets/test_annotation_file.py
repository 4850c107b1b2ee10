import os
import pickle
from contextlib import nullcontext

import numpy as np
import pytest
from mmaction.registry import DATASETS
from mmengine.registry import DefaultScope

from hico_mm.datasets import check_annotation_files, missing_file_message, write_annotation_file
from hico_mm.datasets.annotation_file import (
    _warn_of_keys,
    check_annotation,
    check_keypoint,
    check_label,
    read_annotation_file,
    select_split,
)

A = dict(frame_dir='a', label=0, total_frames=2, keypoint=np.full((1, 2, 3, 3), .1, np.float32))
B = dict(A, frame_dir='b', label=1)
CONTENT = dict(split=dict(train=['a'], val=['b', 'a'], empty=[], wrong=['x', 'y'], none=None),
               annotations=[A, B])


@pytest.mark.parametrize('name', ['ntu60_3d.pkl', 'ntu120_3d.pkl', 'mine.pkl'])
def test_missing_file(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=f'not found: {tmp_path}/data/{name}. ') as error:
        read_annotation_file(f'data/{name}')
    message = str(error.value)
    assert message == missing_file_message(f'data/{name}')
    known = f'https://download.openmmlab.com/mmaction/v1.0/skeleton/data/{name}' in message
    assert known == (name != 'mine.pkl')
    own = 'keypoint (M, T, V, C)' in message and "'Formats' of tools/data/README.md" in message
    assert own == (name == 'mine.pkl')


@pytest.mark.parametrize('damage', [
    lambda data: data[:-20], lambda data: b'', lambda data: b'<html>404 Not Found</html>',
    lambda data: b'version https://git-lfs.github.com/spec/v1\n', lambda data: data[::-1]])
def test_unreadable_file(damage, tmp_path):
    path = tmp_path / 'file.pkl'
    path.write_bytes(damage(pickle.dumps(CONTENT)))
    with pytest.raises(ValueError, match=r'file.pkl \(\d+ bytes\) cannot be read: it is truncated '
                                         'or not a pickle .* Download or write it again.'):
        read_annotation_file(str(path))


@pytest.mark.parametrize('content, split, names', [
    (CONTENT, 'train', ['a']),
    (CONTENT, 'val', ['a', 'b']),
    (CONTENT, None, ['a', 'b']),
    ([B, A], None, ['b', 'a']),
    (dict(CONTENT, split=dict(val=np.array(['b']))), 'val', ['b']),
])
def test_select_split(content, split, names):
    assert [x['frame_dir'] for x in select_split(content, split, 'f.pkl')] == names


@pytest.mark.parametrize('content, split, message', [
    ([A, B], 'train', 'f.pkl holds a list, expected dict.split=.* only with split=None'),
    ('text', None, 'f.pkl holds a str, expected dict'),
    (dict(data=[]), 'train', r"f.pkl holds a dict with keys \['data'\], expected dict"),
    (dict(split=['a'], annotations=[A]), 'train', 'f.pkl holds a dict with keys .* expected dict'),
    (CONTENT, 'test', r"no split 'test'; it has \['empty', 'none', 'train', 'val', 'wrong'\]"),
    (CONTENT, 'empty', r"split 'empty' is \[\], expected a list of at least one frame_dir"),
    (CONTENT, 'none', "split 'none' is None, expected a list"),
    (CONTENT, 'wrong', "no sequence that split 'wrong' names has an annotation.*'x'.*'a'"),
    ([], None, 'f.pkl has no annotations'),
    ([A, dict(label=0)], None, r"annotation 1 is a dict with keys \['label'\], its frame_dir None, but"),
    ([A, 'b'], None, 'annotation 1 is a str, .* a dict is expected whose frame_dir is a string'),
    ([dict(A, frame_dir=['a'])], None, r"annotation 0 is .*, its frame_dir \['a'\], but"),
    *(([A, B, dict(A, **other)], None, 'f.pkl: annotation 0 and annotation 2 have different sequences '
       "of the same frame_dir 'a'") for other in (
           dict(label=1), dict(camera=2), dict(keypoint=A['keypoint'] + 1))),
    *(([dict(A, extra=one), dict(A, extra=other)], None, 'annotation 0 and annotation 1 have different')
      for one, other in (
          (dict(q=np.ones(2)), dict(q=np.zeros(2))), (dict(q=1), dict(p=1)), ([[1], [1, 2]], [[1], [1]]),
          ([1], dict(q=1)), ([[1], [1, 2]], np.ones(2)), (np.nan, 1.), ('a', 'b'))),
    (dict(CONTENT, annotations=[A, B, dict(A, label=1)]), 'train', "same frame_dir 'a'"),
])
def test_content_of_another_structure(content, split, message):
    with pytest.raises(ValueError, match=message):
        select_split(content, split, 'f.pkl')


def test_names_without_annotation_are_left_out_with_a_warning(told):
    content = dict(split=dict(train=['b', 'z', 'y']), annotations=[A, B])
    assert select_split(content, 'train', 'f.pkl') == [B]
    assert told == ["f.pkl: 2 of the 3 sequences in split 'train' have no annotation and are left out: "
                    "['y', 'z']..."]


def test_a_sequence_is_taken_once(told):
    extra = dict(fps=np.nan, q=[dict(q=np.ones(3))], ragged=[[1], (1, 2)], text='x', ids={1},
                 objects=np.array([np.ones(2), None], object))
    a, copy = pickle.loads(pickle.dumps([dict(A, **extra), dict(A, label=np.int64(0), **extra)]))
    content = dict(split=dict(train=['a', 'b', 'a']), annotations=[a, B, copy])
    first, second = select_split(content, None, 'f.pkl')
    assert first is a and second is B and told == []
    assert len(select_split(content, 'train', 'f.pkl')) == 2
    assert told == ["f.pkl: split 'train' names 'a' 2 times, but every sequence is taken once. "
                    'RepeatDataset or ClassBalancedDataset takes it more often.']


@pytest.mark.parametrize('splits, dtype, message', [
    (dict(train=[A], val=[B, dict(A, label=1)]), 'float32', "f.pkl: split 'train' and split 'val' have "
     "different sequences of the same frame_dir 'a'"),
    (dict(train=[A, dict(B, frame_dir='a')]), 'float32', "split 'train' and split 'train' have diff"),
    (dict(train=[B], val=[A, B, A]), 'float32', "f.pkl: split 'val' has 'a' more than once, but"),
    *((dict(train=[dict(A, keypoint=np.full((1, 2, 3, 3), value))]), dtype, f"sequence 'a': {message}")
      for value, dtype, message in (
          (7e4, 'float16', ".* in frame 0, joint 0 of person 0 .from 0., 70000.0 as float16, but finite "
           "coordinates are expected; give dtype='float32', repair them"),
          (1e40, 'float64', '.* 1e.40 as float32, but'),
          (1e-9, 'float16', 'every frame of the keypoint is zero'))),
])
def test_what_is_not_written(tmp_path, splits, dtype, message):
    with pytest.raises(ValueError, match=message):
        write_annotation_file(str(tmp_path / 'f.pkl'), splits, dtype)
    assert os.listdir(tmp_path) == []


def test_written_file_is_the_stock_format_and_stays_when_writing_fails(tmp_path):
    path = str(tmp_path / 'data/ntu60_3d.pkl')
    write_annotation_file(path, dict(xsub_train=[A], xsub_val=[B], xview_val=[A, B]))
    content = read_annotation_file(path)
    assert content['split'] == dict(xsub_train=['a'], xsub_val=['b'], xview_val=['a', 'b'])
    assert [x['frame_dir'] for x in content['annotations']] == ['a', 'b']
    first = content['annotations'][0]
    assert {**first, 'keypoint': None} == {**A, 'keypoint': None}
    assert first['keypoint'].dtype == np.float16
    np.testing.assert_array_equal(first['keypoint'], A['keypoint'].astype(np.float16))
    assert A['keypoint'].dtype == np.float32  # what was given is left alone
    with pytest.raises((AttributeError, pickle.PicklingError)):  # a lambda cannot be pickled
        write_annotation_file(path, dict(train=[dict(A, extra=lambda: 0)]), dtype='float32')
    assert os.listdir(tmp_path / 'data') == ['ntu60_3d.pkl']
    assert list(read_annotation_file(path)['split']) == ['xsub_train', 'xsub_val', 'xview_val']


@pytest.mark.parametrize('nest', [
    lambda dataset: dict(dataset=dataset),
    lambda dataset: dict(type='KNNValLoop', gallery_dataloader=dict(dataset=dataset)),
    lambda dataset: dict(dataset=dict(type='SeededDataset', dataset=dict(
        type='ConcatDataset', datasets=[dict(type='SyntheticSkeletonDataset'), dataset]))),
])
def test_finds_annotation_files_wherever_they_are(tmp_path, nest):
    # Those of a remote server are left to MMEngine.
    check_annotation_files(dict(ann_file='s3://bucket/a.pkl'), dict(ann_file=''))
    alone = nest(dict(ann_file=str(tmp_path / 'a.pkl')))
    below = nest(dict(ann_file='a.pkl', data_root=str(tmp_path)))
    for config in (alone, below):
        with pytest.raises(FileNotFoundError, match=f'Annotation file not found: {tmp_path}/a.pkl'):
            check_annotation_files(None, config)
    several = [dict(ann_file=str(tmp_path / f'{name}.pkl')) for name in 'bcab']
    (tmp_path / 'c.pkl').touch()
    with pytest.raises(FileNotFoundError, match=f'file not found: {tmp_path}/a.pkl, {tmp_path}/b.pkl'):
        check_annotation_files(*map(nest, several))
    (tmp_path / 'a.pkl').touch()
    check_annotation_files(None, alone, below)


@pytest.mark.parametrize('classes, settings, is_refused', [
    ((['a', 'b'], ['c', 'd']), {}, True), ((['a'], None), {}, True), ((['a'], ['a']), {}, False),
    ((None, None), {}, False), ((['a'], ['b']), dict(ignore_keys=['classes']), False)])
def test_joined_data_sets_have_common_classes(classes, settings, is_refused):
    parts = [dict(type='SyntheticSkeletonDataset', num_sequences=2, pipeline=[], num_classes=1,
                  **(dict(metainfo=dict(classes=x)) if x else {})) for x in classes]
    config = dict(type='ConcatDataset', datasets=[dict(type='RepeatDataset', times=2, dataset=parts[0]),
                                                  parts[1]], **settings)
    with pytest.raises(ValueError, match=r"joins .* \['a'.* means something else in each.*ignore_keys"
                       ) if is_refused else nullcontext():
        check_annotation_files(dict(dataset=dict(type='SeededDataset', dataset=config)))
    if not is_refused:
        with DefaultScope.overwrite_default_scope('mmaction'):
            assert len(DATASETS.build(config)) == 6


NAME = "sequence 'S001'"


def with_value(value, dtype=np.float32):
    keypoint = np.ones((2, 5, 25, 3), dtype)
    keypoint[1, 2, 3, 0] = value
    return keypoint


@pytest.mark.parametrize('dtype', [np.float16, np.float32, np.float64])
def test_accepts_good_keypoints(dtype):
    keypoint = np.zeros((1, 4, 20, 2), dtype)
    keypoint[0, 3, 7, 1] = 1e-4  # one value is a skeleton
    check_keypoint(keypoint, NAME, num_joints=20, num_coords=2)
    check_keypoint(with_value(6e4, dtype), NAME, dtype='float16')
    check_keypoint(with_value(np.finfo(np.float32).max, np.float64), NAME)


@pytest.mark.parametrize(('keypoint', 'message'), [
    (np.ones((5, 25, 3)), r'has the shape \(5, 25, 3\), but \(persons M, frames T'),
    (np.ones((1, 1, 5, 25, 3)), r'has the shape \(1, 1, 5, 25, 3\)'),
    (np.ones((1, 5, 20, 3)), r'\(1, 5, 20, 3\) has 20 joints, but 25 are configured; correct .* or map '
     r"the joints. Layouts with 20 joints are \['kinect_v1', 'kinect_v1_sdk'\]: .*"
     r"dict\(type='MapJoints', source=..., target=...\)"),
    (np.ones((1, 5, 25, 2)), r'\(1, 5, 25, 2\) has 2 coordinates per joint, but 3 are expected. A 3-D '
     'pose is needed, such as one lifted from the 2-D pose'),
    (np.ones((1, 5, 25, 4)), r'4 coordinates .* Leave out .* a confidence: keypoint\[..., :3\]'),
    (np.ones((1, 0, 25, 3)), r'\(1, 0, 25, 3\) is empty'),
    (np.ones((0, 5, 25, 3)), r'\(0, 5, 25, 3\) is empty'),
    (with_value(np.nan), 'NaN or infinite values, such as in frame 2, joint 3 of person 1'),
    (with_value(np.inf), 'NaN or infinite'),
    (with_value(-1e40, np.float64), r'joint 3 of person 1 \(from 0\), -1e\+40 as float32, but'),
    (with_value(-np.inf, np.float16), 'NaN or infinite'),
    (with_value(np.nan, np.float16), 'NaN or infinite'),
    (np.zeros((2, 5, 25, 3)), 'every frame of the keypoint is zero'),
    ([[[[1., 2., 3.]]]], 'of type list, but a NumPy array'),
    (np.array('abc'), 'of type <U3, but a NumPy array'),
    (np.array([None]), 'of type object, but a NumPy array'),
])
def test_refuses(keypoint, message):
    with pytest.raises(ValueError, match=f'^{NAME}: .*{message}'):
        check_keypoint(keypoint, NAME, num_joints=25, num_coords=3)


@pytest.mark.parametrize('total_frames', [0, 5, 4.0, '4'])
def test_frames_beyond_the_keypoint(total_frames):
    annotation = dict(keypoint=np.ones((1, 4, 2, 3)), total_frames=total_frames)
    with pytest.raises(ValueError) as error:
        check_annotation(annotation, 'x')
    assert str(error.value) == (f'x: total_frames is {total_frames!r}, but the keypoint has 4 frames; '
                                'correct it in the annotation file.')


def test_frames_after_the_last_do_not_count():
    keypoint = np.ones((1, 4, 2, 3))
    for total_frames in (None, 1, 4, np.int64(4)):
        check_annotation(dict(keypoint=keypoint, total_frames=total_frames), 'x', 2, 3)
    keypoint[:, 2:] = np.nan
    check_annotation(dict(keypoint=keypoint, total_frames=2), 'x')
    with pytest.raises(ValueError, match='x: the keypoint has NaN or infinite values'):
        check_annotation(dict(keypoint=keypoint, total_frames=3), 'x')
    with pytest.raises(ValueError, match='x: every frame of the keypoint is zero'):
        check_annotation(dict(keypoint=np.arange(24.).reshape(1, 4, 2, 3) // 12, total_frames=2), 'x')


def test_label():
    for label, num_classes in ((9, 10), (np.int64(9), 10), (1000, None)):
        checked = check_label(label, 'x', num_classes)
        assert checked == label and type(checked) is int
    checked = check_label(np.array([0, 2]), 'x', 3, multi_class=True)
    assert checked == [0, 2] and [type(x) for x in checked] == [int, int]
    with pytest.raises(ValueError, match=r'x: the label is \[0, 3\], but a list of whole'):
        check_label([0, 3], 'x', 3, multi_class=True)


@pytest.mark.parametrize('label', [10, -1, np.int64(10), 1.0, None, '3', [3]])
def test_bad_label(label):
    with pytest.raises(ValueError) as error:
        check_label(label, 'x', 10)
    assert str(error.value) == (
        f'x: the label is {label!r}, but a whole number from 0 to below num_classes=10 of the config is '
        'expected; correct it in the annotation file.')


@pytest.mark.parametrize('num_coords, kept', [(2, ['keypoint_score']), (3, []), (4, [])])
def test_keys_that_transforms_set_are_left_out(told, num_coords, kept):
    _warn_of_keys.cache_clear()
    for _ in range(2):  # said once
        annotation = dict(A, keypoint=np.ones((1, 2, 3, num_coords)), keypoint_score=np.ones((1, 2, 3)),
                          num_clips=10, clip_len=4, camera=2, img_shape=(9, 9))
        check_annotation(annotation, 'x')
        assert sorted(annotation) == sorted([*A, 'camera', 'img_shape', *kept])
    left_out = ', '.join(['clip_len', *['keypoint_score'] * (not kept), 'num_clips'])
    assert len(told) == 1 and told[0].startswith(f'Annotations have {left_out}. They are left out')


def test_missing_key():
    without_label = {key: A[key] for key in ('frame_dir', 'keypoint')}
    check_annotation(without_label, 'x')
    for key, bad in (('keypoint', dict(label=0)), ('label', without_label)):
        with pytest.raises(ValueError, match=f"x: there is no '{key}' among its keys .*add it"):
            check_annotation(bad, 'x', num_classes=60)
