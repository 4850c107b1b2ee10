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


def annotation(name, label, num_frames, **keys):
    keypoint = np.random.default_rng(num_frames).normal(size=(1, num_frames, 4, 3)).astype(np.float16)
    return dict(frame_dir=name, total_frames=num_frames, label=label, keypoint=keypoint, **keys)


ANNOTATIONS = [annotation('a', 1, 5, subject=3), annotation('bb', 0, 2, subject=4),
               annotation('c', 7, 3, subject=5)]
CONTENT = dict(split=dict(val=['bb'], train=['a', 'c'], all=['a', 'bb', 'c']), annotations=ANNOTATIONS)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / 'file.pkl'
    path.write_bytes(pickle.dumps(CONTENT))
    return path


def assert_equal(content, expected):
    """Both have the same keys, values, types and bits."""
    assert type(content) is type(expected)
    if isinstance(expected, dict):
        assert content.keys() == expected.keys()
        for key in expected:
            assert_equal(content[key], expected[key])
    elif isinstance(expected, list):
        assert len(content) == len(expected)
        for x, y in zip(content, expected, strict=True):
            assert_equal(x, y)
    elif isinstance(expected, np.ndarray):
        assert (content.dtype, content.shape) == (expected.dtype, expected.shape)
        assert content.tobytes() == expected.tobytes() and content.flags.writeable
    else:
        assert content == expected


def round_trip(run, file, tmp_path):
    run('to', file, tmp_path / 'store')
    run('from', tmp_path / 'store', tmp_path / 'back.pkl')
    return pickle.loads((tmp_path / 'back.pkl').read_bytes())


@pytest.mark.parametrize('content', [CONTENT, ANNOTATIONS])
def test_round_trip(run, tmp_path, content):
    file = tmp_path / 'file.pkl'
    file.write_bytes(pickle.dumps(content))
    assert_equal(round_trip(run, file, tmp_path), content)


@pytest.mark.parametrize('name', ['utd_mhad', 'utkinect_ntu25'])
def test_round_trip_of_real_sets(run, tmp_path, data_dir, name):
    file = data_dir / f'{name}.pkl'
    assert_equal(round_trip(run, file, tmp_path), pickle.loads(file.read_bytes()))


def test_says_what_it_wrote(run, file, tmp_path):
    summary = ": 3 sequences, splits ['train', 'all', 'val']\n"
    assert run('to', file, tmp_path / 'store') == f'{tmp_path}/store{summary}'
    assert run('from', tmp_path / 'store', tmp_path / 'b.pkl') == f'{tmp_path}/b.pkl{summary}'


def test_splits_in_the_order_of_the_file(run, file, tmp_path):
    # As SkeletonDataset takes them; names without a sequence are left out, as it does too.
    file.write_bytes(pickle.dumps(dict(CONTENT, split=dict(train=['c', 'missing', 'a']))))
    assert round_trip(run, file, tmp_path)['split'] == dict(train=['a', 'c'])


def test_drop(run, file, tmp_path):
    content = [dict(x, score=np.ones(3), subject=None) for x in ANNOTATIONS]
    file.write_bytes(pickle.dumps(content))
    run('to', file, tmp_path / 'store', '--drop', 'score', 'subject')
    kept = PackedStore(tmp_path / 'store')[1]
    assert kept.keys() == {'frame_dir', 'total_frames', 'label', 'keypoint'}


@pytest.fixture
def fail(run):
    """Run the script; return its error."""
    def run_script(*argv):
        with pytest.raises(SystemExit) as stop:
            run(*argv)
        return stop.value.code

    return run_script


def test_errors_in_the_annotation_file(fail, file, tmp_path):
    store = tmp_path / 'store'
    assert fail('to', tmp_path / 'none.pkl', store).startswith(
        f'error: Annotation file not found: {tmp_path}/none.pkl.')
    bad = dict(annotation('bad', 1, 5), keypoint=np.zeros((1, 5, 4, 3), np.float16))
    for content, message in [
            ([*ANNOTATIONS, dict(bad, subject=1)], "sequence 'bad': every frame of the keypoint"),
            ([*ANNOTATIONS, annotation('bad', -2, 5, subject=1)], "sequence 'bad': the label is -2"),
            (dict(CONTENT, split=dict(val=[])), f"{file}: split 'val' is [], expected a list")]:
        file.write_bytes(pickle.dumps(content))
        assert fail('to', file, store).startswith(f'error: {message}')
        assert [x.name for x in tmp_path.iterdir()] == ['file.pkl']


def test_existing_store_stays(run, fail, file, tmp_path):
    run('to', file, tmp_path / 'store')
    # Before the annotation file is read.
    assert fail('to', tmp_path / 'none.pkl', tmp_path / 'store') == (
        f'error: {tmp_path}/store exists. Delete it, or name another folder for the store.')
    assert len(PackedStore(tmp_path / 'store')) == 3


def test_from_what_is_no_store(fail, file, tmp_path):
    assert fail('from', file, tmp_path / 'b.pkl').startswith(f'error: {file} is no packed store')
    assert fail('from', tmp_path / 'none', tmp_path / 'b.pkl').startswith(
        f'error: Packed store not found: {tmp_path}/none.')
    assert not (tmp_path / 'b.pkl').exists()
