import copy
import json
import pickle

import numpy as np
import pytest

from hico_mm.datasets import PackedStore, write_packed_store

LENGTHS = (4, 1, 7, 2, 3)
LABELS = (3, 0, 5, None, 1)
SPLITS = (['train', 'all'], ['val', 'all'], ['train', 'all'], ['all'], ['train', 'all'])


def sequences():
    """Five sequences of 1 or 2 persons, 6 joints, 3 coordinates; the fourth has no label."""
    rng = np.random.default_rng(0)
    for i, (num_frames, label) in enumerate(zip(LENGTHS, LABELS, strict=True)):
        keypoint = rng.normal(size=(1 + i % 2, num_frames, 6, 3)).astype(np.float16)
        sequence = dict(frame_dir=f'sequence_{i}', total_frames=num_frames, keypoint=keypoint)
        yield sequence if label is None else dict(sequence, label=label)


@pytest.fixture
def path(tmp_path):
    write_packed_store(tmp_path / 'store', zip(sequences(), SPLITS, strict=True))
    return tmp_path / 'store'


def assert_same(annotation, expected):
    assert annotation.keys() == expected.keys()
    for key in expected.keys() - {'keypoint'}:
        assert annotation[key] == expected[key] and type(annotation[key]) is type(expected[key])
    keypoint = annotation['keypoint']
    assert type(keypoint) is np.ndarray and keypoint.dtype == expected['keypoint'].dtype
    np.testing.assert_array_equal(keypoint, expected['keypoint'])


def test_gives_what_was_written(path):
    store = PackedStore(path)
    assert len(store) == 5 and (store.num_joints, store.num_coords) == (6, 3)
    for annotation, expected in zip(store, sequences(), strict=True):
        assert_same(annotation, expected)


@pytest.mark.parametrize('split, numbers, label_range', [
    (None, [0, 1, 2, 3, 4], (-1, 5)), ('all', [0, 1, 2, 3, 4], (-1, 5)), ('train', [0, 2, 4], (1, 5)),
    ('val', [1], (0, 0))])
def test_splits(path, split, numbers, label_range):
    store = PackedStore(path, split)
    assert store.splits == ['train', 'all', 'val']
    assert store.names() == [x['frame_dir'] for x in store] == [f'sequence_{i}' for i in numbers]
    assert store.label_range == label_range
    assert_same(store[-1], list(sequences())[numbers[-1]])
    with pytest.raises(IndexError):
        store[len(numbers)]


def test_names_and_labels_without_the_rest(path):
    for split in (None, 'train'):
        store = PackedStore(path, split)
        expected = [{key: x[key] for key in ('frame_dir', 'label') if key in x} for x in store]
        assert store.without_keypoint() == expected


def test_files_are_plain_numpy(path):
    keypoint, table = np.load(path / 'keypoint.npy'), np.load(path / 'sequences.npy')
    rows = [x['keypoint'].reshape(-1, 6, 3) for x in sequences()]
    np.testing.assert_array_equal(keypoint, np.concatenate(rows))
    assert table['keypoint'].tolist() == [(0, 1, 4), (4, 2, 1), (6, 1, 7), (13, 2, 2), (17, 1, 3)]
    assert table['label'].tolist() == [3, 0, 5, -1, 1]
    assert np.load(path / 'splits.npy').tolist() == [0, 2, 4, 0, 1, 2, 3, 4, 1]


def test_writing_into_a_sequence_leaves_the_store(path):
    files = {file: file.read_bytes() for file in path.iterdir()}
    store = PackedStore(path)
    store[2]['keypoint'][:] = 7
    assert_same(store[2], list(sequences())[2])
    assert {file: file.read_bytes() for file in path.iterdir()} == files


@pytest.mark.parametrize('copied', [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_open_the_store_anew(path, copied, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = PackedStore('store', 'train')
    monkeypatch.chdir('/')
    for original in (store, store.subset([2, 0])):
        other = copied(original)
        names = original.names()
        assert other.names() == names and other._file != original._file
        assert_same(other[1], original[1])


def test_pickle_has_no_data(path, tmp_path):
    write_packed_store(tmp_path / 'long', ((x, ['train']) for x in 100 * list(sequences())))
    assert len(PackedStore(tmp_path / 'long', 'train')) == 500
    assert len(pickle.dumps(PackedStore(tmp_path / 'long', 'train'))) < 300


def test_subset(path):
    store = PackedStore(path, 'train')
    assert store.subset(slice(2)).names() == ['sequence_0', 'sequence_2']
    assert store.subset(slice(-2, None)).names() == ['sequence_2', 'sequence_4']
    part = store.subset([2, 1, -1])
    assert part.names() == ['sequence_4', 'sequence_2', 'sequence_4']
    assert_same(part[1], list(sequences())[2])
    assert part.subset([1]).names() == ['sequence_2']
    assert PackedStore(path).subset([3]).names() == ['sequence_3']
    assert len(store.subset([])) == 0 and len(store) == 3


def test_missing_store(tmp_path):
    with pytest.raises(FileNotFoundError) as error:
        PackedStore(tmp_path / 'store')
    assert str(error.value) == (
        f'Packed store not found: {tmp_path}/store. Make it by `python tools/data/packed_store.py to '
        'ANNOTATIONS.pkl STORE`, or set path to where you keep it.')


@pytest.mark.parametrize('make, reason', [
    (lambda path: path.write_bytes(b'annotations'), 'NotADirectoryError'),
    (lambda path: path.mkdir(), 'FileNotFoundError'),
    (lambda path: (path.mkdir(), (path / 'store.json').write_text('{"a')), 'JSONDecodeError'),
    (lambda path: (path.mkdir(), (path / 'store.json').write_text('[1]')), 'TypeError'),
    (lambda path: (path.mkdir(), (path / 'store.json').write_text('{}')), "KeyError: 'format'"),
    (lambda path: (path.mkdir(), (path / 'store.json').write_text('{"format": "zarr"}')),
     "ValueError: its format is 'zarr'"),
])
def test_no_store(make, reason, tmp_path):
    make(tmp_path / 'other')
    message = (rf'{tmp_path}/other is no packed store \({reason}.*\), expected a folder with a '
               'store.json. Make one from an annotation file by `python tools/data')
    with pytest.raises(ValueError, match=message):
        PackedStore(tmp_path / 'other')


@pytest.mark.parametrize('version', [2, None])
def test_another_version(path, version):
    header = json.loads((path / 'store.json').read_text())
    (path / 'store.json').write_text(json.dumps(dict(header, version=version)))
    with pytest.raises(ValueError, match=f'store is a packed store of version {version}, but version 1 '
                                         'is expected. Make it again by `python tools/data'):
        PackedStore(path)


@pytest.mark.parametrize('name', ['keypoint.npy', 'sequences.npy', 'splits.npy'])
@pytest.mark.parametrize('change', [-1, -200, 1])
def test_array_of_another_size(path, name, change):
    data = (path / name).read_bytes()
    (path / name).write_bytes(data[:change] if change < 0 else data + b'0')
    message = (f'{path}/{name} has {len(data) + change} bytes, but {len(data)} are expected: the store '
               'is incomplete or mixed')
    with pytest.raises(ValueError, match=message):
        PackedStore(path)


def test_missing_array(path):
    (path / 'splits.npy').unlink()
    with pytest.raises(ValueError, match='splits.npy has no bytes, but 200 are expected'):
        PackedStore(path)


def test_array_that_shrinks_in_use(path):
    store = PackedStore(path)
    with open(path / 'keypoint.npy', 'r+b') as file:
        file.truncate((path / 'keypoint.npy').stat().st_size - 1)
    assert_same(store[3], list(sequences())[3])
    with pytest.raises(ValueError, match=f'{path}/keypoint.npy ends within a sequence that it had when'):
        store[4]


def test_unknown_split(path):
    with pytest.raises(ValueError) as error:
        PackedStore(path, 'test')
    assert str(error.value) == f"{path} has no split 'test'; it has ['all', 'train', 'val']."
