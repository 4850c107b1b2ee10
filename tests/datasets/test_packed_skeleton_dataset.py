import pickle
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from mmaction.registry import DATASETS
from mmengine.config import Config
from mmengine.dataset import ConcatDataset, pseudo_collate
from mmengine.runner import Runner
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
from hico_mm.datasets.annotation_file import read_annotation_file

PIPELINES = Path(__file__).parents[2] / 'configs/_base_/pipelines'


def sequences(num_joints=25):
    """Eight random walks of one or two persons; the third has frames beyond its total_frames."""
    rng = np.random.default_rng(0)
    made = []
    for i, num_frames in enumerate((30, 80, 65, 1, 64, 120, 7, 300)):
        keypoint = rng.normal(size=(1 + i % 2, num_frames, num_joints, 3)).cumsum(1).astype(np.float16)
        made.append(dict(frame_dir=f's{i}', label=i % 3, subject=i, keypoint=keypoint,
                         total_frames=50 if i == 2 else num_frames))
    return made


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """The same sequences in ``file.pkl`` and in ``store``."""
    folder, made = tmp_path_factory.mktemp('packed'), sequences()
    splits = dict(train=made[:6], val=made[6:])
    write_annotation_file(str(folder / 'file.pkl'), splits)
    write_packed_store(folder / 'store', ((x, [name]) for name, part in splits.items() for x in part))
    return folder


def build(folder, split='train', pipeline=(), **kwargs):
    return PackedSkeletonDataset(str(folder / 'store'), list(pipeline), split, **kwargs)


def both(folder, split, pipeline, **kwargs):
    """The data set of the annotation file, and that of the store."""
    return (SkeletonDataset(str(folder / 'file.pkl'), pipeline, split, **kwargs),
            build(folder, split, pipeline, **kwargs))


def assert_same_info(info, expected):
    keypoint, expected_keypoint = info.pop('keypoint'), expected.pop('keypoint')
    assert type(keypoint) is np.ndarray and keypoint.dtype == expected_keypoint.dtype
    assert keypoint.flags.c_contiguous and keypoint.flags.writeable
    np.testing.assert_array_equal(keypoint, expected_keypoint)
    assert info == expected
    assert {key: type(x) for key, x in info.items()} == {key: type(x) for key, x in expected.items()}


def assert_same_sample(sample, expected):
    assert sample['inputs'].dtype == expected['inputs'].dtype
    assert sample['inputs'].equal(expected['inputs'])
    assert sample['data_samples'].gt_label.equal(expected['data_samples'].gt_label)
    assert sample['data_samples'].metainfo == expected['data_samples'].metainfo


@pytest.mark.parametrize('split', ['train', 'val', None])
def test_annotations_equal_those_of_the_file(folder, split):
    expected, dataset = both(folder, split, [])
    assert len(dataset) == len(expected) > 1
    for idx in [*range(len(expected)), -1]:
        assert_same_info(dataset.get_data_info(idx), expected.get_data_info(idx))
        assert_same_info(dataset[idx], expected[idx])


@pytest.mark.parametrize('kind', ['pretrain', 'finetune', 'evaluate'])
def test_samples_equal_those_of_the_file(folder, kind):
    pipeline = Config.fromfile(PIPELINES / 'ntu25.py')[f'{kind}_pipeline']
    expected, dataset = (SeededDataset(x) for x in both(folder, 'train', pipeline, num_classes=3,
                                                        num_joints=25, num_coords=3))
    for epoch in range(2):
        dataset.set_epoch(1, epoch)
        expected.set_epoch(1, epoch)
        for idx in range(len(expected)):
            assert_same_sample(dataset[idx], expected[idx])


@pytest.mark.parametrize('name, pipelines', [('utd_mhad', 'kinect20'), ('utkinect_ntu25', 'ntu25')])
def test_samples_of_real_sets_equal_those_of_the_file(name, pipelines, data_dir, tmp_path):
    file = str(data_dir / f'{name}.pkl')
    content = read_annotation_file(file)
    train = set(content['split']['xsub_train'])
    write_packed_store(tmp_path / 'store', (
        (x, ['xsub_train'] if x['frame_dir'] in train else []) for x in content['annotations']))
    pipeline = Config.fromfile(PIPELINES / f'{pipelines}.py').pretrain_pipeline
    expected = SeededDataset(SkeletonDataset(file, pipeline, 'xsub_train'))
    dataset = SeededDataset(build(tmp_path, 'xsub_train', pipeline))
    assert len(dataset) == len(expected)
    for both_of_them in (dataset, expected):
        both_of_them.set_epoch(0, 3)
    for idx in range(0, len(expected), 9):
        assert_same_sample(dataset[idx], expected[idx])


@pytest.mark.parametrize('method', ['fork', 'spawn'])
def test_workers(folder, method):
    pipeline = Config.fromfile(PIPELINES / 'ntu25.py').pretrain_pipeline
    dataset = SeededDataset(build(folder, 'train', pipeline))
    loader = DataLoader(dataset, 2, collate_fn=pseudo_collate, persistent_workers=True,
                        num_workers=2 if method == 'fork' else 1, multiprocessing_context=method)
    for epoch in range(2):
        dataset.set_epoch(5, epoch)
        batches = list(loader)
        samples = [dict(inputs=x, data_samples=y) for batch in batches
                   for x, y in zip(batch['inputs'], batch['data_samples'], strict=True)]
        assert len(samples) == 6
        for idx, sample in enumerate(samples):
            assert_same_sample(sample, dataset[idx])


def test_built_by_the_runner(folder):
    loader = Runner.build_dataloader(dict(
        batch_size=4, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False),
        dataset=dict(type='SeededDataset', dataset=dict(
            type='PackedSkeletonDataset', path='store', data_root=str(folder), split='val',
            metainfo=dict(classes=['a', 'b', 'c']), test_mode=True,
            pipeline=Config.fromfile(PIPELINES / 'ntu25.py').evaluate_pipeline))))
    loader.dataset.set_epoch(0, 0)
    batch, = loader
    assert [x.frame_dir for x in batch['data_samples']] == ['s6', 's7']
    assert loader.dataset.metainfo == dict(classes=['a', 'b', 'c'])


def test_transforms_may_write(folder):
    def overwrite(results):
        results['keypoint'] *= 0
        return results

    before = (folder / 'store/keypoint.npy').read_bytes()
    dataset = build(folder, pipeline=[overwrite])
    for _ in range(2):
        assert not dataset[0]['keypoint'].any()
    assert dataset.get_data_info(0)['keypoint'].any()
    assert (folder / 'store/keypoint.npy').read_bytes() == before


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
        assert len(pickle.loads(pickle.dumps(dataset))) == len(dataset) == number
    assert peaks[2] < peaks[1] + 2000  # bytes: less than one for each sequence
    assert sizes[2] == sizes[1] < 2000


def test_wrappers_and_subsets(folder):
    def names(dataset):
        return [dataset.get_data_info(i)['frame_dir'] for i in range(len(dataset))]

    dataset = build(folder)
    assert names(dataset) == [f's{i}' for i in range(6)]
    assert names(ConcatDataset([build(folder, 'val'), dataset]))[:3] == ['s6', 's7', 's0']
    assert len(LabelFraction(dataset, 0.5)) == 3
    assert names(build(folder, indices=2)) == names(dataset.get_subset(2)) == ['s0', 's1']
    assert names(build(folder, indices=-2)) == names(dataset.get_subset(-2)) == ['s4', 's5']
    assert names(build(folder, indices=(3, 1))) == names(dataset.get_subset([3, 1])) == ['s3', 's1']
    dataset.get_subset_([5])
    assert names(dataset) == names(pickle.loads(pickle.dumps(dataset))) == ['s5']
    assert isinstance(dataset.data_list, PackedStore)


def test_lazy(folder):
    dataset = build(folder, lazy_init=True)
    assert dataset.data_list == []
    dataset.full_init()
    assert len(dataset) == 6


@pytest.mark.parametrize('kwargs, message', [
    (dict(split='test'), r"has no split 'test'; it has \['train', 'val'\]"),
    (dict(num_joints=20), 'store has num_joints=25, but 20 is configured; change the layout'),
    (dict(num_coords=2), 'store has num_coords=3, but 2 is configured'),
    (dict(num_classes=2), "split 'train', has labels up to 2, but labels from 0 to below num_classes=2"),
])
def test_store_does_not_fit_the_config(folder, kwargs, message):
    with pytest.raises(ValueError, match=message):
        build(folder, **kwargs)


def test_only_labels_of_the_split_count(tmp_path):
    kinds = dict(labelled=dict(label=9), unlabelled={})
    write_packed_store(tmp_path / 'store', (
        (dict(frame_dir=name, keypoint=np.ones((1, 2, 3, 3)), **kind), [name])
        for name, kind in kinds.items()))
    assert build(tmp_path, 'labelled', num_classes=10)[0]['label'] == 9
    assert 'label' not in build(tmp_path, 'unlabelled')[0]
    for split in ('unlabelled', None):
        with pytest.raises(ValueError, match=f'split {split!r}, has a sequence without label, but'):
            build(tmp_path, split, num_classes=10)


def test_missing_store(tmp_path):
    with pytest.raises(FileNotFoundError, match=f'Packed store not found: {tmp_path}/data/store. Make'):
        DATASETS.build(dict(type='PackedSkeletonDataset', path='data/store', data_root=str(tmp_path),
                            pipeline=[]))


def test_a_fraction_is_drawn_without_reading_sequences(folder, monkeypatch):
    monkeypatch.setattr(PackedStore, '_read_keypoint', lambda *_: pytest.fail('a sequence is read'))
    drawn = LabelFraction(build(folder), 0.5)
    assert len(drawn) == 3
