import os
import pickle

import numpy as np
import pytest
from mmengine.logging import MMLogger

from hico_mm.datasets import check_annotation_files, missing_file_message, write_annotation_file
from hico_mm.datasets.annotation_file import read_annotation_file, select_split


def annotation(name, label=0):
    keypoint = np.full((1, 2, 3, 3), .1, np.float32)
    return dict(frame_dir=name, label=label, total_frames=2, keypoint=keypoint)


A, B = annotation('a'), annotation('b', 1)
CONTENT = dict(split=dict(train=['a'], val=['b', 'a'], empty=[], wrong=['x', 'y'], none=None),
               annotations=[A, B])


@pytest.mark.parametrize('name', ['ntu60_3d.pkl', 'ntu120_3d.pkl'])
def test_message_says_where_a_known_file_comes_from(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    message = missing_file_message(f'data/skeleton/{name}')
    assert str(tmp_path / 'data/skeleton' / name) in message
    assert f'https://download.openmmlab.com/mmaction/v1.0/skeleton/data/{name}' in message


def test_message_names_the_format_of_an_unknown_file(tmp_path):
    message = missing_file_message(str(tmp_path / 'mine.pkl'))
    assert str(tmp_path / 'mine.pkl') in message
    assert 'keypoint (M, T, V, C)' in message
    assert "'Formats' of tools/data/README.md" in message
    assert 'http' not in message


def test_missing_file(tmp_path):
    path = str(tmp_path / 'ntu60_3d.pkl')
    with pytest.raises(FileNotFoundError) as error:
        read_annotation_file(path)
    assert str(error.value) == missing_file_message(path)


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
    ([A, dict(label=0)], None, r"annotation 1 is \['label'\], expected .* 'frame_dir'"),
    ([A, 'b'], None, "annotation 1 is str, expected a dict with the key 'frame_dir'"),
])
def test_content_of_another_structure(content, split, message):
    with pytest.raises(ValueError, match=message):
        select_split(content, split, 'f.pkl')


def test_names_without_annotation_are_left_out_with_a_warning(caplog):
    logger = MMLogger.get_current_instance()
    logger.addHandler(caplog.handler)
    try:
        content = dict(split=dict(train=['b', 'z', 'y']), annotations=[A, B])
        selected = select_split(content, 'train', 'f.pkl')
    finally:
        logger.removeHandler(caplog.handler)
    assert selected == [B]
    [record] = caplog.records
    assert record.levelname == 'WARNING'
    assert record.getMessage() == (
        "f.pkl: 2 of the 3 sequences in split 'train' have no annotation and are left out: "
        "['y', 'z']...")


def test_written_file_is_the_stock_format(tmp_path):
    path = str(tmp_path / 'data/skeleton/ntu60_3d.pkl')
    write_annotation_file(path, dict(xsub_train=[A], xsub_val=[B], xview_val=[A, B]))
    content = read_annotation_file(path)
    assert content['split'] == dict(xsub_train=['a'], xsub_val=['b'], xview_val=['a', 'b'])
    assert [x['frame_dir'] for x in content['annotations']] == ['a', 'b']
    first = content['annotations'][0]
    assert {**first, 'keypoint': None} == {**A, 'keypoint': None}
    assert first['keypoint'].dtype == np.float16
    np.testing.assert_array_equal(first['keypoint'], A['keypoint'].astype(np.float16))
    assert A['keypoint'].dtype == np.float32  # what was given is left alone


def test_interrupted_writing_leaves_the_old_file(tmp_path):
    path = str(tmp_path / 'f.pkl')
    write_annotation_file(path, dict(train=[A]), dtype='float32')
    with pytest.raises((AttributeError, pickle.PicklingError)):  # a lambda cannot be pickled
        write_annotation_file(path, dict(train=[dict(A, extra=lambda: 0)]))
    assert os.listdir(tmp_path) == ['f.pkl']
    assert read_annotation_file(path)['annotations'][0]['keypoint'].dtype == np.float32


def nest(dataset):
    concat = dict(type='ConcatDataset', datasets=[dict(type='SyntheticSkeletonDataset'), dataset])
    repeat = dict(type='RepeatDataset', dataset=concat)
    return [
        dict(dataset=dataset),
        dict(dataset=dict(type='SeededDataset', dataset=repeat)),
        dict(type='KNNValLoop', gallery_dataloader=dict(dataset=dataset)),
    ]


@pytest.mark.parametrize('node', range(3))
@pytest.mark.parametrize('root', [None, 'root'])
def test_finds_annotation_files_wherever_they_are(tmp_path, node, root):
    folder = tmp_path / 'root' if root else tmp_path
    dataset = dict(ann_file=str(tmp_path / 'a.pkl') if not root else 'a.pkl')
    if root:
        dataset['data_root'] = str(folder)
    config = nest(dataset)[node]
    with pytest.raises(FileNotFoundError, match=f'Annotation file not found: {folder}/a.pkl'):
        check_annotation_files(None, config)
    folder.mkdir(exist_ok=True)
    (folder / 'a.pkl').touch()
    check_annotation_files(None, config)


def test_remote_annotation_files_are_left_to_mmengine():
    check_annotation_files(dict(ann_file='s3://bucket/a.pkl'), dict(ann_file=''))
