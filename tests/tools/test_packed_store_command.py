"""tools/data/packed_store.py: an annotation file into a store, and back."""
import pickle

import numpy as np
import pytest

from hico_mm.datasets import PackedStore

SCRIPT = 'data/packed_store'


def annotation(name, label, num_frames, **keys):
    keypoint = np.random.default_rng(num_frames).normal(size=(1, num_frames, 4, 3)).astype(np.float16)
    return dict(frame_dir=name, total_frames=num_frames, label=label, keypoint=keypoint, **keys)


ANNOTATIONS = [annotation('a', 1, 5, subject=3), annotation('bb', 0, 2, img_shape=(1080, 1920)),
               annotation('c', 7, 3, subject=5)]
CONTENT = dict(split=dict(val=['bb'], train=['a', 'c'], all=['a', 'bb', 'c']), annotations=ANNOTATIONS)


@pytest.fixture
def file(tmp_path):
    """Writes an annotation file."""
    def write(content):
        (tmp_path / 'file.pkl').write_bytes(pickle.dumps(content))

    write(CONTENT)
    return write


@pytest.fixture
def round_trip(call, tmp_path):
    def from_and_to(file='file.pkl'):
        printed = call(SCRIPT, 'to', file, 'store'), call(SCRIPT, 'from', 'store', 'back.pkl')
        return pickle.loads((tmp_path / 'back.pkl').read_bytes()), printed

    return from_and_to


def assert_same_annotations(annotations, expected):
    for one, other in zip(annotations, expected, strict=True):
        assert one['keypoint'].dtype == other['keypoint'].dtype and one['keypoint'].flags.writeable
        np.testing.assert_array_equal(one['keypoint'], other['keypoint'])
        assert {**one, 'keypoint': None} == {**other, 'keypoint': None}


def test_round_trip(file, round_trip):
    content, printed = round_trip()
    assert content['split'] == CONTENT['split']
    assert_same_annotations(content['annotations'], ANNOTATIONS)
    assert printed == tuple(f"{name}: 3 sequences, splits ['train', 'all', 'val']\n"
                            for name in ('store', 'back.pkl'))


def test_round_trip_of_real_sequences(file, round_trip, data_dir):
    path = data_dir / 'utkinect_ntu25.pkl'
    expected = pickle.loads(path.read_bytes())
    content, _ = round_trip(path)
    assert content['split'] == expected['split']
    assert_same_annotations(content['annotations'], expected['annotations'])


def test_round_trip_without_splits(file, round_trip):
    file(ANNOTATIONS)
    assert_same_annotations(round_trip()[0], ANNOTATIONS)


def test_splits_in_the_order_of_the_file(file, round_trip):
    # As SkeletonDataset takes them; names without a sequence are left out, as it does too.
    file(dict(CONTENT, split=dict(train=['c', 'missing', 'a'])))
    assert round_trip()[0]['split'] == dict(train=['a', 'c'])


def test_drop_and_an_existing_store_stays(call, fail, file):
    call(SCRIPT, 'to', 'file.pkl', 'store', '--drop', 'img_shape', 'subject')
    # Before the annotation file is read.
    assert 'store exists. Delete it, or name another folder for the store.' in fail(
        SCRIPT, 'to', 'none.pkl', 'store')
    assert [kept.keys() for kept in PackedStore('store')] == [
        {'frame_dir', 'total_frames', 'label', 'keypoint'}] * 3


@pytest.mark.parametrize('arguments, content, message', [
    (('to', 'none.pkl'), CONTENT, 'error: Annotation file not found: {folder}/none.pkl.'),
    (('from', 'file.pkl'), CONTENT, 'error: {folder}/file.pkl is no packed store'),
    (('from', 'none'), CONTENT, 'error: Packed store not found: {folder}/none.'),
    (('to', 'file.pkl'), [*ANNOTATIONS, annotation('bad', -2, 5)], "sequence 'bad': the label is -2"),
    (('to', 'file.pkl'), dict(CONTENT, split=dict(val=[])),
     "file.pkl: split 'val' is [], expected a list")])
def test_sources_that_are_refused(fail, file, tmp_path, arguments, content, message):
    file(content)
    assert message.format(folder=tmp_path) in fail(SCRIPT, *arguments, 'out')
    assert [path.name for path in tmp_path.iterdir()] == ['file.pkl']
