"""tools/data/packed_store.py: an annotation file into a store, and back."""
import pickle
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

from hico_mm.datasets import PackedStore

SCRIPT = Path(__file__).parents[2] / 'tools/data/packed_store.py'


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the script; return what it printed."""
    def run_script(*argv):
        monkeypatch.setattr(sys, 'argv', ['packed_store.py', *map(str, argv)])
        runpy.run_path(str(SCRIPT), run_name='__main__')
        return capsys.readouterr().out

    return run_script


@pytest.fixture
def fail(run):
    """Run the script; return its error."""
    def run_script(*argv):
        with pytest.raises(SystemExit) as stop:
            run(*argv)
        return stop.value.code

    return run_script


def annotation(name, label, num_frames, **keys):
    keypoint = np.random.default_rng(num_frames).normal(size=(1, num_frames, 4, 3)).astype(np.float16)
    return dict(frame_dir=name, total_frames=num_frames, label=label, keypoint=keypoint, **keys)


ANNOTATIONS = [annotation('a', 1, 5, subject=3), annotation('bb', 0, 2, img_shape=(1080, 1920)),
               annotation('c', 7, 3, subject=5)]
CONTENT = dict(split=dict(val=['bb'], train=['a', 'c'], all=['a', 'bb', 'c']), annotations=ANNOTATIONS)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / 'file.pkl'
    path.write_bytes(pickle.dumps(CONTENT))
    return path


def round_trip(run, file, tmp_path):
    run('to', file, tmp_path / 'store')
    run('from', tmp_path / 'store', tmp_path / 'back.pkl')
    return pickle.loads((tmp_path / 'back.pkl').read_bytes())


def assert_same_annotations(annotations, expected):
    for one, other in zip(annotations, expected, strict=True):
        assert one['keypoint'].dtype == other['keypoint'].dtype and one['keypoint'].flags.writeable
        np.testing.assert_array_equal(one['keypoint'], other['keypoint'])
        assert {**one, 'keypoint': None} == {**other, 'keypoint': None}


@pytest.mark.parametrize('name', ['file', 'utd_mhad', 'utkinect_ntu25'])
def test_round_trip(run, file, tmp_path, request, name):
    file = file if name == 'file' else request.getfixturevalue('data_dir') / f'{name}.pkl'
    expected = pickle.loads(file.read_bytes())
    content = round_trip(run, file, tmp_path)
    assert content['split'] == expected['split']
    assert_same_annotations(content['annotations'], expected['annotations'])


def test_round_trip_without_splits(run, file, tmp_path):
    file.write_bytes(pickle.dumps(ANNOTATIONS))
    assert_same_annotations(round_trip(run, file, tmp_path), ANNOTATIONS)


def test_says_what_it_wrote(run, file, tmp_path):
    summary = ": 3 sequences, splits ['train', 'all', 'val']\n"
    assert run('to', file, tmp_path / 'store') == f'{tmp_path}/store{summary}'
    assert run('from', tmp_path / 'store', tmp_path / 'b.pkl') == f'{tmp_path}/b.pkl{summary}'


def test_splits_in_the_order_of_the_file(run, file, tmp_path):
    # As SkeletonDataset takes them; names without a sequence are left out, as it does too.
    file.write_bytes(pickle.dumps(dict(CONTENT, split=dict(train=['c', 'missing', 'a']))))
    assert round_trip(run, file, tmp_path)['split'] == dict(train=['a', 'c'])


def test_drop(run, file, tmp_path):
    run('to', file, tmp_path / 'store', '--drop', 'img_shape', 'subject')
    for kept in PackedStore(tmp_path / 'store'):
        assert kept.keys() == {'frame_dir', 'total_frames', 'label', 'keypoint'}


@pytest.mark.parametrize('content, message', [
    ([*ANNOTATIONS, annotation('bad', -2, 5)], "sequence 'bad': the label is -2"),
    (dict(CONTENT, split=dict(val=[])), "{file}: split 'val' is [], expected a list")])
def test_errors_in_the_annotation_file(fail, file, tmp_path, content, message):
    file.write_bytes(pickle.dumps(content))
    assert fail('to', file, tmp_path / 'store').startswith('error: ' + message.format(file=file))
    assert [x.name for x in tmp_path.iterdir()] == ['file.pkl']


def test_existing_store_stays(run, fail, file, tmp_path):
    run('to', file, tmp_path / 'store')
    # Before the annotation file is read.
    assert fail('to', tmp_path / 'none.pkl', tmp_path / 'store') == (
        f'error: {tmp_path}/store exists. Delete it, or name another folder for the store.')
    assert len(PackedStore(tmp_path / 'store')) == 3


def test_missing_or_wrong_sources(fail, file, tmp_path):
    for arguments, message in [
            (('to', tmp_path / 'none.pkl'), f'Annotation file not found: {tmp_path}/none.pkl.'),
            (('from', file), f'{file} is no packed store'),
            (('from', tmp_path / 'none'), f'Packed store not found: {tmp_path}/none.')]:
        assert fail(*arguments, tmp_path / 'out').startswith(f'error: {message}')
        assert not (tmp_path / 'out').exists()
