import copy
import os
import pickle
import tracemalloc
import weakref
from multiprocessing.reduction import ForkingPickler

import numpy as np
import pytest
from mmaction.registry import DATASETS
from mmengine.dataset import ConcatDataset
from torch.utils.data import DataLoader

from hico_mm.datasets import (
    LabelFraction,
    PackedSkeletonDataset,
    PackedStore,
    SeededDataset,
    SkeletonDataset,
    write_annotation_file,
    write_packed_store,
)


def sequence(name, shape=(1, 4, 6, 3), dtype=np.float32, **keys):
    keypoint = np.random.default_rng(len(name) + shape[1]).normal(size=shape).astype(dtype)
    return dict(frame_dir=name, keypoint=keypoint, **keys)


# Different persons, frames, types and further keys; the last one has no label.
SEQUENCES = [
    sequence('one', label=3, total_frames=4, subject=2**40),
    sequence('two persons', (2, 1, 6, 3), np.float16, label=0, camera='Küche'),
    sequence('three', (1, 7, 6, 3), label=5, img_shape=(1080, 1920), correct=False),
    sequence('four', (2, 3, 6, 3), np.float64, score=[0.5, None], total_frames=np.int32(2)),
]
SPLITS = [['train', 'all'], ['val', 'all'], ['train', 'all'], ['all']]


@pytest.fixture
def path(tmp_path):
    write_packed_store(tmp_path / 'store', zip(SEQUENCES, SPLITS, strict=True))
    return tmp_path / 'store'


def assert_same(annotation, expected):
    """Both have the same keys, values, types and bits, and the keypoint may be written to."""
    annotation, expected = dict(annotation), dict(expected)
    keypoint, expected_keypoint = annotation.pop('keypoint'), expected.pop('keypoint')
    assert type(keypoint) is np.ndarray and keypoint.dtype == expected_keypoint.dtype
    assert keypoint.flags.c_contiguous and keypoint.flags.writeable
    np.testing.assert_array_equal(keypoint, expected_keypoint)
    assert annotation == expected
    assert {key: type(x) for key, x in annotation.items()} == {
        key: type(x) for key, x in expected.items()}


def names(store):
    return [store[idx]['frame_dir'] for idx in range(len(store))]


@pytest.mark.parametrize('split, numbers, label_range', [
    (None, [0, 1, 2, 3], (-1, 5)), ('all', [0, 1, 2, 3], (-1, 5)), ('train', [0, 2], (3, 5)),
    ('val', [1], (0, 0))])
def test_gives_what_was_written(path, split, numbers, label_range):
    store = PackedStore(path, split)
    assert (store.num_joints, store.num_coords, len(store)) == (6, 3, len(numbers))
    assert store.splits == ['train', 'all', 'val'] and store.label_range == label_range
    for annotation, bare, number in zip(store, store.without_keypoint(), numbers, strict=True):
        assert_same(annotation, SEQUENCES[number])
        assert bare == {key: x for key, x in SEQUENCES[number].items() if key != 'keypoint'}
    assert_same(store[-1], SEQUENCES[numbers[-1]])
    with pytest.raises(IndexError):
        store[len(numbers)]


def test_arrays_in_any_order_and_read_only_ones(tmp_path):
    keypoint = np.arange(1., 145).reshape(3, 4, 6, 2).transpose(3, 1, 2, 0)  # (M, T, V, C)
    keypoint.flags.writeable = False
    annotation = dict(frame_dir='a', keypoint=keypoint, label=np.int64(3))
    write_packed_store(tmp_path / 'store', [(annotation, [])])
    store = PackedStore(tmp_path / 'store')
    assert store.splits == []
    assert_same(store[0], dict(annotation, label=3))


@pytest.mark.parametrize('copied', [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_open_the_store_anew(path, copied, monkeypatch):
    monkeypatch.chdir(path.parent)
    store = PackedStore('store', 'all')
    monkeypatch.chdir('/')
    other, part = copied(store), copied(store.subset([2, 0]))
    del store  # and closes its file
    assert names(other) == [x['frame_dir'] for x in SEQUENCES] and names(part) == ['three', 'one']


def test_subset(path):
    store = PackedStore(path, 'all')
    assert names(store.subset(slice(2))) == ['one', 'two persons']
    assert names(store.subset(slice(-2, None))) == ['three', 'four']
    part = store.subset([2, 1, -1])
    assert names(part) == ['three', 'two persons', 'four']
    assert names(part.subset([1])) == ['two persons']
    assert names(PackedStore(path, 'train').subset([1])) == ['three']
    assert len(store.subset([])) == 0 and len(store) == 4


def test_no_store(tmp_path):
    with pytest.raises(FileNotFoundError, match=f'Packed store not found: {tmp_path}/store. Make it by '
                       '`python tools/data/packed_store.py to ANNOTATIONS.pkl STORE`, or set path'):
        PackedStore(tmp_path / 'store')
    for content, reason in (
            (None, 'FileNotFoundError'), ('{"a', 'JSONDecodeError'), ('[1]', 'TypeError'),
            ('{}', "KeyError: 'format'"), ('{"format": "zarr"}', "ValueError: its format is 'zarr'")):
        if content is not None:
            (tmp_path / 'store.json').write_text(content)
        message = (rf'{tmp_path} is no packed store \({reason}.*\), expected a folder with a store.json '
                   'of the format .*version 2.*. Make it from an annotation file by `python')
        with pytest.raises(ValueError, match=message):
            PackedStore(tmp_path)


@pytest.mark.parametrize('name', ['sequences.bin', 'index.npy'])
def test_file_of_another_size(path, name):
    store, size = PackedStore(path), (path / name).stat().st_size
    for actual in (size + 1, size - 1, 'no'):
        if actual == 'no':
            (path / name).unlink()
        else:
            os.truncate(path / name, actual)
        with pytest.raises(ValueError, match=f'{path}/{name} has {actual} bytes, but {size} are '
                           'expected: the store is incomplete or mixed'):
            PackedStore(path)
    if name == 'sequences.bin':  # which an open store reads on
        assert_same(store[2], SEQUENCES[2])
        with pytest.raises(ValueError, match=f'{path}/{name} ends within a sequence that it had'):
            store[3]


def test_one_sequence_in_memory_at_a_time_and_no_folder_before_the_end(tmp_path):
    alive = []

    def generate(stop):
        for i in range(5):
            assert sum(reference() is not None for reference in alive) <= 1
            assert not (tmp_path / 'store').exists()
            made = sequence(str(i))
            alive.append(weakref.ref(made['keypoint']))
            yield made, ['train']
            del made
            if i == stop:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_packed_store(tmp_path / 'store', generate(stop=1))
    with pytest.raises(ValueError, match='There is no sequence to write into a packed store.'):
        write_packed_store(tmp_path / 'store', [])
    assert list(tmp_path.iterdir()) == []
    write_packed_store(tmp_path / 'store', generate(stop=None))
    assert len(PackedStore(tmp_path / 'store')) == 5
    with pytest.raises(ValueError, match=f'{tmp_path}/store exists. Delete it, or name another folder'):
        write_packed_store(tmp_path / 'store', iter(()))
    assert len(PackedStore(tmp_path / 'store')) == 5


@pytest.mark.parametrize('change, message', [
    (sequence('bad', (1, 4, 5, 3)), r'the keypoint has the shape \(1, 4, 5, 3\), but those before have '
     '6 joints with 3 coordinates. Put'),
    (sequence('bad', (1, 4, 6, 2)), r'the keypoint has the shape \(1, 4, 6, 2\), but'),
    (sequence('bad', label=-1), 'the label is -1'),
    (sequence('bad', total_frames=5), 'total_frames is 5, but the keypoint has 4 frames'),
    (dict(frame_dir='bad', keypoint=np.zeros((1, 4, 6, 3))), 'every frame of the keypoint is zero'),
    (dict(SEQUENCES[0], frame_dir='bad', keypoint=np.full((1, 4, 6, 3), 1e40)), '.* 1e.40 as float32'),
    (dict(frame_dir='bad'), "there is no 'keypoint' among its keys"),
    (dict(keypoint=np.ones((1, 4, 6, 3))), "there is no 'frame_dir' among its keys"),
])
def test_bad_sequence(tmp_path, change, message):
    with pytest.raises(ValueError, match=f"sequence ('bad'|1): {message}"):
        write_packed_store(tmp_path / 'store', [(SEQUENCES[0], ['train']), (change, ['train'])])
    assert not list(tmp_path.iterdir())


def test_names_are_unique(tmp_path):
    with pytest.raises(ValueError, match="sequence 'one' comes twice, but names are unique"):
        write_packed_store(tmp_path / 'store', [(SEQUENCES[0], ['train']), (SEQUENCES[0], ['val'])])
    write_packed_store(tmp_path / 'store', [(SEQUENCES[0], ['train', 'train', 'val'])])
    assert [len(PackedStore(tmp_path / 'store', split)) for split in (None, 'train', 'val')] == [1, 1, 1]


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """The same eight sequences, one with frames beyond its total_frames, in a file and in a store."""
    folder = tmp_path_factory.mktemp('packed')
    made = [sequence(f's{i}', (1 + i % 2, num_frames, 25, 3), np.float16, label=i % 3, subject=i,
                     total_frames=50 if i == 2 else num_frames)
            for i, num_frames in enumerate((30, 80, 65, 1, 64, 120, 7, 300))]
    splits = dict(train=made[:6], val=made[6:])
    write_annotation_file(str(folder / 'file.pkl'), splits)
    write_packed_store(folder / 'store', ((x, [name]) for name, part in splits.items() for x in part))
    return folder


def build(folder, split='train', pipeline=(), **kwargs):
    return PackedSkeletonDataset(str(folder / 'store'), list(pipeline), split, **kwargs)


@pytest.mark.parametrize('split', ['train', 'val', None])
def test_annotations_equal_those_of_the_file(folder, split):
    expected = SkeletonDataset(str(folder / 'file.pkl'), [], split, serialize_data=False)
    dataset = build(folder, split)
    assert len(dataset) == len(expected) > 1
    for idx in [*range(len(expected)), -1]:
        assert_same(dataset.get_data_info(idx), expected.get_data_info(idx))
        assert_same(dataset[idx], expected[idx])


def test_samples_of_workers_equal_those_of_the_file(folder, pipelines):
    pipeline = pipelines.pretrain_pipeline
    expected, dataset = map(SeededDataset, (
        SkeletonDataset(str(folder / 'file.pkl'), pipeline, 'train', serialize_data=False),
        build(folder, 'train', pipeline)))
    spawned = pickle.loads(ForkingPickler.dumps(dataset))  # as a spawned worker receives it
    loader = DataLoader(dataset, 2, collate_fn=list, persistent_workers=True, num_workers=2,
                        multiprocessing_context='fork')
    for epoch in range(2):
        dataset.set_epoch(5, epoch)
        expected.set_epoch(5, epoch)
        samples = [sample for batch in loader for sample in batch]
        for idx in range(6):
            for sample in (samples[idx], spawned[idx]):
                assert sample['inputs'].equal(expected[idx]['inputs'])
                assert sample['data_samples'].gt_label.equal(expected[idx]['data_samples'].gt_label)
                assert sample['data_samples'].metainfo == expected[idx]['data_samples'].metainfo
    loader._iterator = None  # ends the workers at once


def test_transforms_may_write(folder):
    def overwrite(results):
        results['keypoint'] *= 0
        return results

    before = (folder / 'store/sequences.bin').read_bytes()
    dataset = build(folder, pipeline=[overwrite])
    for _ in range(2):
        assert not dataset[0]['keypoint'].any()
    assert dataset.get_data_info(0)['keypoint'].any()
    assert (folder / 'store/sequences.bin').read_bytes() == before


def test_neither_memory_nor_pickle_grow(tmp_path):
    def generate(number):
        for i in range(number):
            yield dict(frame_dir=f'{i:05d}', label=0, keypoint=np.ones((1, 1, 2, 3))), ['train']

    peaks, sizes = [], []
    for number in (20, 20, 4000):  # the first alone pays for caches of the interpreter
        folder = tmp_path / f'{len(peaks)}'
        write_packed_store(folder / 'store', generate(number))
        tracemalloc.start()
        dataset = build(folder)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        sizes.append(len(pickle.dumps(dataset)))
    assert len(dataset) == 4000
    assert peaks[2] < peaks[1] + 2000  # bytes: less than one for each sequence
    assert sizes[2] == sizes[1] < 2000


def test_configs_wrappers_and_subsets(folder):
    dataset = DATASETS.build(dict(
        type='PackedSkeletonDataset', path='store', data_root=str(folder), split='train', pipeline=[],
        metainfo=dict(classes=['a', 'b', 'c']), test_mode=True, lazy_init=True))
    assert dataset.metainfo == dict(classes=['a', 'b', 'c'])
    assert names(dataset) == [f's{i}' for i in range(6)]
    assert names(ConcatDataset([build(folder, 'val'), build(folder)]))[:3] == ['s6', 's7', 's0']
    assert names(build(folder, indices=2)) == names(dataset.get_subset(2)) == ['s0', 's1']
    assert names(build(folder, indices=-2)) == names(dataset.get_subset(-2)) == ['s4', 's5']
    assert names(build(folder, indices=(3, 1))) == names(dataset.get_subset([3, 1])) == ['s3', 's1']
    dataset.get_subset_([5])
    assert names(dataset) == names(pickle.loads(pickle.dumps(dataset))) == ['s5']
    assert isinstance(dataset.data_list, PackedStore)


def test_a_fraction_is_drawn_without_reading_keypoints(path):
    drawn = LabelFraction(build(path.parent), 0.5).frame_dirs
    with open(path / 'sequences.bin', 'r+b') as file:
        for _, middle, stop in np.load(path / 'index.npy').tolist():
            file.seek(middle)
            file.write(bytes(stop - middle))
    dataset = LabelFraction(build(path.parent), 0.5)
    assert dataset.frame_dirs == drawn
    with pytest.raises(pickle.UnpicklingError):
        dataset[0]


@pytest.mark.parametrize('split, kwargs, message', [
    ('test', {}, r"has no split 'test'; it has \['all', 'train', 'val'\]"),
    ('train', dict(num_joints=20), 'store has num_joints=6, but 20 is configured; change the layout'),
    ('train', dict(num_coords=2), 'store has num_coords=3, but 2 is configured'),
    ('train', dict(num_classes=5), "split 'train', has labels up to 5, but labels from 0 to below "
                                   'num_classes=5'),
    ('all', dict(num_classes=10), "split 'all', has a sequence without label"),
    (None, dict(num_classes=10), 'split None, has a sequence without label'),
])
def test_store_does_not_fit_the_config(path, split, kwargs, message):
    with pytest.raises(ValueError, match=message):
        build(path.parent, split, **kwargs)
    # Only the labels of the split count, where there are classes.
    assert build(path.parent, 'train', num_classes=6, num_joints=6, num_coords=3)[1]['label'] == 5
    assert 'label' not in build(path.parent, 'all')[3]
