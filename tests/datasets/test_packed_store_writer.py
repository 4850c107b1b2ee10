import weakref

import numpy as np
import pytest

from hico_mm.datasets import PackedStore, write_packed_store


def sequence(name, shape=(1, 4, 6, 3), dtype=np.float32, **keys):
    return dict(frame_dir=name, keypoint=np.ones(shape, dtype), **keys)


def write(path, *sequences):
    write_packed_store(path, ((x, ['train']) for x in sequences))
    return PackedStore(path, 'train')


@pytest.mark.parametrize('dtype', ['float16', 'float32', 'float64', '>f4'])
def test_type_of_the_coordinates_is_kept(tmp_path, dtype):
    values = np.random.default_rng(0).normal(size=(2, 3, 6, 3)).astype(dtype)
    keypoint = write(tmp_path / 'store', dict(frame_dir='a', keypoint=values))[0]['keypoint']
    assert keypoint.dtype == values.dtype and keypoint.tobytes() == values.tobytes()


def test_any_order_in_memory(tmp_path):
    values = np.arange(1., 145).reshape(3, 4, 6, 2).transpose(3, 1, 2, 0)  # (M, T, V, C)
    keypoint = write(tmp_path / 'store', dict(frame_dir='a', keypoint=values))[0]['keypoint']
    np.testing.assert_array_equal(keypoint, values)


def test_further_keys(tmp_path):
    keys = dict(subject=-5, correct=False, distance=1.5, camera='Küche', total_frames=2)
    others = dict(subject=2**40, correct=True, distance=0.1, camera='', total_frames=4)
    store = write(tmp_path / 'store', sequence('a', **keys), sequence('longer', **others))
    for annotation, expected in zip(store, (dict(keys, frame_dir='a'), dict(others, frame_dir='longer')),
                                    strict=True):
        del annotation['keypoint']
        assert annotation == expected
        assert {key: type(value) for key, value in annotation.items()} == {
            key: type(value) for key, value in expected.items()}


def test_numpy_numbers_become_those_of_python(tmp_path):
    store = write(tmp_path / 'store', sequence('a', label=np.int64(3), total_frames=np.int32(4)))
    assert (store[0]['label'], store[0]['total_frames']) == (3, 4)
    assert type(store[0]['label']) is type(store[0]['total_frames']) is int


def test_labels_may_be_missing(tmp_path):
    assert 'label' not in write(tmp_path / 'none', sequence('a'))[0]
    some = write(tmp_path / 'some', sequence('a'), sequence('b', label=0), sequence('c'))
    assert ['label' in x for x in some] == [False, True, False] and some[1]['label'] == 0


def test_no_splits(tmp_path):
    write_packed_store(tmp_path / 'store', [(sequence('a'), [])])
    store = PackedStore(tmp_path / 'store')
    assert store.splits == [] and store.names() == ['a']


def test_one_sequence_in_memory_at_a_time(tmp_path):
    path, alive = tmp_path / 'store', []

    def generate():
        for i in range(5):
            assert sum(reference() is not None for reference in alive) <= 1
            assert not path.exists()
            made = sequence(str(i))
            alive.append(weakref.ref(made['keypoint']))
            yield made, ['train']
            del made

    write_packed_store(path, generate())
    assert len(alive) == len(PackedStore(path)) == 5


def test_all_or_nothing(tmp_path):
    def generate():
        yield sequence('a'), ['train']
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_packed_store(tmp_path / 'new' / 'store', generate())
    assert list((tmp_path / 'new').iterdir()) == []


def test_existing_folder_stays(tmp_path):
    (tmp_path / 'store').mkdir()
    (tmp_path / 'store' / 'mine').write_text('text')
    with pytest.raises(ValueError) as error:
        write_packed_store(tmp_path / 'store', iter(()))
    assert str(error.value) == (
        f'{tmp_path}/store exists. Delete it, or name another folder for the store.')
    assert (tmp_path / 'store' / 'mine').read_text() == 'text'


def test_no_sequence(tmp_path):
    with pytest.raises(ValueError, match='There is no sequence to write into a packed store.'):
        write_packed_store(tmp_path / 'store', [])
    assert not list(tmp_path.iterdir())


GOOD = sequence('good', label=0, subject=1)
ZERO, NAN = np.zeros((1, 4, 6, 3)), np.full((1, 4, 6, 3), np.nan)


@pytest.mark.parametrize('change, message', [
    (dict(shape=(1, 4, 5, 3)), r'the keypoint has the shape \(1, 4, 5, 3\) and the type float32, but '
     'those before have 6 joints, 3 coordinates and the type float32. Put'),
    (dict(shape=(1, 4, 6, 2)), r'the keypoint has the shape \(1, 4, 6, 2\) and'),
    (dict(dtype=np.float16), r'the keypoint has the shape \(1, 4, 6, 3\) and the type float16, but'),
    (dict(shape=(0, 4, 6, 3)), 'the keypoint of shape .* is empty'),
    (dict(shape=(4, 6, 3)), r'the keypoint has the shape \(4, 6, 3\)'),
    (dict(label=-1), 'the label is -1'),
    (dict(label='x'), "the label is 'x'"),
    (dict(total_frames=5), 'total_frames is 5, but the keypoint has 4 frames'),
    (dict(subject=(1, 2)), "'subject' is of type tuple, but beside the keypoint a packed store keeps "
     'only numbers and strings. Drop the key.'),
    (dict(subject=1.5), "'subject' is float, but int in the sequences before. Give all the same keys"),
    (dict(subject='1'), "'subject' is str, but int in the sequences before."),
    (dict(angle=1), "'angle' is int, but missing in the sequences before."),
])
def test_bad_sequence(tmp_path, change, message):
    bad = sequence('bad', **{**dict(label=0, subject=1), **change})
    with pytest.raises(ValueError, match=f"sequence 'bad': {message}"):
        write(tmp_path / 'store', GOOD, bad)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize('keypoint, message', [
    (ZERO, 'every frame of the keypoint is zero'), (NAN, 'the keypoint has NaN or infinite values'),
    ([[1]], 'the keypoint is of type list')])
def test_bad_values(tmp_path, keypoint, message):
    with pytest.raises(ValueError, match=f"sequence 'bad': {message}"):
        write(tmp_path / 'store', GOOD, dict(GOOD, frame_dir='bad', keypoint=keypoint))


@pytest.mark.parametrize('key, name', [('frame_dir', '1'), ('keypoint', "'bad'"), ('subject', "'bad'")])
def test_missing_key(tmp_path, key, name):
    bad = dict(GOOD, frame_dir='bad')
    del bad[key]
    message = f"sequence {name}: ('subject' is missing, but int|there is no '{key}' among its keys)"
    with pytest.raises(ValueError, match=message):
        write(tmp_path / 'store', GOOD, bad)
