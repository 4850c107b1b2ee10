import pickle

import numpy as np
import pytest
from mmaction.registry import DATASETS
from mmengine.config import Config

from hico_mm.visualization.view_pair import ViewPair, load_bones, load_views

PARENTS = [0, 0, 1, 1]


@pytest.fixture
def cfg(tmp_path):
    """A config of two data sets of 4 joints, of 3 and 2 sequences, the last with a second person."""
    for name, count in dict(a=3, b=2).items():
        annotations = [dict(frame_dir=f'{name}{i}', label=i, total_frames=9,
                            keypoint=np.random.randn(1 + (name == 'b'), 9, 4, 3).astype(np.float32))
                       for i in range(count)]
        with open(tmp_path / f'{name}.pkl', 'wb') as file:
            pickle.dump(annotations, file)
    view = [dict(type='RandomCropResize', clip_len=5, min_frames=4), dict(type='PoseShear')]
    pipeline = [dict(type='KeepActivePersons', num_person=2),
                dict(type='NormalizeSkeleton', center=1, zaxis=[0, 1], xaxis=[2, 3]),
                dict(type='TwoViews', transforms=view), dict(type='FormatGCNInput', num_person=2),
                dict(type='PackActionInputs', meta_keys=('frame_dir', ))]
    datasets = [dict(type='SkeletonDataset', ann_file=str(tmp_path / f'{name}.pkl'), pipeline=pipeline,
                     metainfo=dict(classes=['wave', 'kick', 'jump'])) for name in 'ab']
    data = dict(type='SeededDataset', dataset=dict(type='ConcatDataset', datasets=datasets))
    return Config(dict(
        model=dict(data_preprocessor=dict(type='SkeletonPreprocessor', stream='bone', parents=PARENTS)),
        train_dataloader=dict(dataset=data)), cfg_text='own', filename='own.py')


@pytest.mark.parametrize('index, name, num_persons', [(1, 'a1, kick', 1), (3, 'b0, wave', 2)])
def test_views_are_those_of_training(cfg, index, name, num_persons):
    dataset = DATASETS.build(cfg.train_dataloader.dataset)
    dataset.set_epoch(7, 2)
    pair = load_views(cfg, index, epoch=2, seed=7)
    np.testing.assert_array_equal(pair.views, dataset[index]['inputs'])
    assert pair.views.shape == (2, 2, 5, 4, 3)
    assert (pair.name, pair.parents, pair.stream) == (name, tuple(PARENTS), 'bone')
    # The original is what the views were made of: normalised, of all its frames.
    pipeline = dataset.dataset.datasets[0].pipeline.transforms
    results = dataset.get_data_info(index)
    for transform in pipeline[:2]:
        results = transform(results)
    assert pair.original.shape == (num_persons, 9, 4, 3)
    np.testing.assert_array_equal(pair.original, results['keypoint'])


def test_seed_and_epoch_change_the_views(cfg):
    views = [load_views(cfg, 0, epoch, seed).views for epoch, seed in [(0, 0), (1, 0), (0, 1), (0, 0)]]
    np.testing.assert_array_equal(views[0], views[3])
    assert not np.array_equal(views[0], views[1]) and not np.array_equal(views[0], views[2])


def test_zeroed_joints_are_those_that_only_the_view_misses():
    original = np.ones((1, 3, 4, 3))
    original[:, :, 1] = 0  # the centre
    views = np.ones((2, 2, 5, 4, 3))
    views[:, 1] = 0  # no second person
    views[:, 0, :, 1] = 0
    views[1, 0, :, 2] = 0
    views[0, 0, 0, 3] = 0  # in one frame only
    zeroed = ViewPair('', original, views, PARENTS, 'joint').zeroed
    assert zeroed.tolist() == [[[False] * 4] * 2, [[False, False, True, False], [False] * 4]]


def drop_views(cfg):
    for dataset in cfg.train_dataloader.dataset.dataset.datasets:
        dataset.pipeline = [step for step in dataset.pipeline if step['type'] != 'TwoViews']


def drop_seeds(cfg):
    cfg.train_dataloader.dataset = cfg.train_dataloader.dataset.dataset


@pytest.mark.parametrize('change', [drop_views, drop_seeds, lambda cfg: cfg.pop('train_dataloader')])
def test_other_training_is_refused(cfg, change):
    change(cfg)
    with pytest.raises(ValueError, match='own.py trains on no pairs of views that can be repeated.'):
        load_views(cfg, 0)


@pytest.mark.parametrize('index', [-1, 5])
def test_an_index_out_of_range_is_refused(cfg, index):
    with pytest.raises(ValueError, match=f'--index {index} is out of range: .* 5 sequences, 0 to 4'):
        load_views(cfg, index)


def test_bones_of_another_layout_are_refused(cfg):
    cfg.model.data_preprocessor.parents = 'coco'
    with pytest.raises(ValueError, match='have 4 joints, but .*parents of own.py has 17. Give'):
        load_views(cfg, 0)


def test_bones_come_from_the_preprocessor(cfg):
    assert load_bones(Config(dict(model=dict())))[1] == 'joint'  # as MoCoRecognizer without one
    assert len(load_bones(Config(dict(model=dict())))[0]) == 25
    cfg.model.data_preprocessor = dict(type='ActionDataPreprocessor')
    with pytest.raises(ValueError, match='of own.py is ActionDataPreprocessor, which knows no bones.'):
        load_bones(cfg)
