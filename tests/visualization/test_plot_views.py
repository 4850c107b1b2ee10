import pickle

import numpy as np
import pytest
from mmaction.registry import DATASETS
from mmengine.config import Config

from hico_mm.visualization.skeletons import project

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
                dict(type='Views', transforms=[view, view]), dict(type='FormatGCNInput', num_person=2),
                dict(type='PackActionInputs', meta_keys=('frame_dir', ))]
    datasets = [dict(type='SkeletonDataset', ann_file=str(tmp_path / f'{name}.pkl'), pipeline=pipeline,
                     metainfo=dict(classes=['wave', 'kick', 'jump']), serialize_data=False)
                for name in 'ab']
    data = dict(type='SeededDataset', dataset=dict(type='ConcatDataset', datasets=datasets))
    return Config(dict(
        model=dict(data_preprocessor=dict(type='SkeletonPreprocessor', stream='bone', parents=PARENTS)),
        train_dataloader=dict(dataset=data)), cfg_text='own', filename='own.py')


@pytest.mark.parametrize('index, name, num_persons', [(1, 'a1, kick', 1), (3, 'b0, wave', 2)])
def test_views_are_those_of_training(plot, cfg, index, name, num_persons):
    dataset = DATASETS.build(cfg.train_dataloader.dataset)
    dataset.set_epoch(7, 2)
    shown = plot.load_views(cfg, index, epoch=2, seed=7)
    np.testing.assert_array_equal(shown.views, dataset[index]['inputs'])
    assert shown.views.shape == (2, 2, 5, 4, 3)
    assert (shown.name, shown.parents, shown.stream) == (name, tuple(PARENTS), 'bone')
    # The original is what the views were made of: normalised, of all its frames.
    results = dataset.get_data_info(index)
    for transform in dataset.dataset.datasets[0].pipeline.transforms[:2]:
        results = transform(results)
    assert shown.original.shape == (num_persons, 9, 4, 3)
    np.testing.assert_array_equal(shown.original, results['keypoint'])
    for epoch, seed in [(2, 8), (3, 7)]:
        assert not np.array_equal(plot.load_views(cfg, index, epoch, seed).views, shown.views)


def test_zeroed_joints_are_those_that_only_the_view_misses(plot):
    original = np.ones((1, 3, 4, 3))
    original[:, :, 1] = 0  # the centre
    views = np.ones((2, 2, 5, 4, 3))
    views[:, 1] = 0  # no second person
    views[:, 0, :, 1] = 0
    views[1, 0, :, 2] = 0
    views[0, 0, 0, 3] = 0  # in one frame only
    zeroed = plot.ViewsOfSequence('', original, views, PARENTS, 'joint').zeroed
    assert zeroed.tolist() == [[[False] * 4] * 2, [[False, False, True, False], [False] * 4]]


NO_VIEWS = 'own.py trains on no views that can be repeated.'


@pytest.mark.parametrize('index, change, message', [
    (0, lambda cfg: [data.pipeline.pop(2) for data in cfg.train_dataloader.dataset.dataset.datasets],
     NO_VIEWS),
    (0, lambda cfg: cfg.train_dataloader.dataset.update(type='ConcatDataset'), NO_VIEWS),
    (0, lambda cfg: cfg.pop('train_dataloader'), NO_VIEWS),
    (-1, lambda cfg: None, '--index -1 is out of range: .* 5 training sequences of own.py, 0 to 4'),
    (5, lambda cfg: None, '--index 5 is out of range'),
    (0, lambda cfg: cfg.model.data_preprocessor.update(parents='coco'),
     'have 4 joints, but .*parents of own.py has 17. Give')])
def test_what_does_not_fit_is_refused(plot, cfg, index, change, message):
    change(cfg)
    with pytest.raises(ValueError, match=message):
        plot.load_views(cfg, index)


@pytest.fixture
def shown(plot):
    """One person of 4 joints in 9 frames; views of 5 frames, the second with two joints at zero."""
    original = np.random.rand(1, 9, 4, 3).astype(np.float32) + 1
    views = np.random.rand(2, 2, 5, 4, 3).astype(np.float32) + 1
    views[:, 1] = 0  # padding
    views[1, 0, :, [2, 3]] = 0
    return plot.ViewsOfSequence('walk', original, views, tuple(PARENTS), 'motion')


TITLE = 'walk\njoints as the network gets them, before its motion stream is derived'


def test_a_strip_shows_evenly_spaced_frames_of_one_scale(plot, shown):
    figure = plot.draw_strip(shown, num_frames=3)
    assert figure.get_suptitle() == TITLE
    assert [axes.get_ylabel() for axes in figure.axes] == [
        'original', 'view 1', 'view 2\n2 joints at\nzero (×)']
    assert [[text.get_text() for text in axes.get_xticklabels()] for axes in figure.axes] == [
        ['0', '4', '8'], ['0', '2', '4'], ['0', '2', '4']]
    for axes, keypoint, frames, there, lines in zip(
            figure.axes, [shown.original, *shown.views], [[0, 4, 8], [0, 2, 4], [0, 2, 4]],
            [4, 4, 2], [4, 8, 8], strict=True):
        # Bones are the third of four lines of a person, the trunk's; joints their first points.
        joints = np.array([line.get_xydata()[::3] for line in axes.lines[2::lines]])
        shift = joints - project(keypoint[0, frames])[:, :there]
        # Moved sideways alone, and from frame to frame as far as their numbers.
        np.testing.assert_allclose(shift[..., 1], 0, atol=1e-6)
        distance = shift[..., 0] - axes.get_xticks()[:, None]
        np.testing.assert_allclose(distance, distance[0, 0], atol=1e-5)
        assert axes.get_aspect() == 1
        # All is inside, and frames do not overlap.
        points = np.concatenate([line.get_xydata() for line in axes.lines])
        points = points[np.isfinite(points).all(axis=1)]
        low, high = np.transpose([axes.get_xlim(), axes.get_ylim()])
        assert (points > low).all() and (points < high).all()
        assert (joints[:-1, :, 0].max(axis=1) < joints[1:, :, 0].min(axis=1)).all()
        assert axes.get_xlim() == figure.axes[0].get_xlim()
    # Joints at zero are a cross at the origin.
    crosses = figure.axes[2].lines[3]
    np.testing.assert_allclose(crosses.get_xydata(), [[shift[0, 0, 0], 0]] * 2, atol=1e-6)


def test_panels_go_through_the_frames(plot, shown):
    figure, show, num_frames = plot.draw_panels(shown)
    assert num_frames == 5 and figure.get_suptitle() == TITLE
    assert [axes.get_title() for axes in figure.axes] == [
        'original\n', 'view 1\n', 'view 2\n2 joints at zero (×)']
    show(3)
    assert [axes.get_xlabel() for axes in figure.axes] == ['frame 6', 'frame 3', 'frame 3']
    for axes, keypoint in [(figure.axes[0], shown.original[0, 6]),
                           (figure.axes[1], shown.views[0, 0, 3])]:
        np.testing.assert_allclose(axes.lines[2].get_xydata()[::3], project(keypoint))
    sizes = [np.ptp(axes.get_xlim()) for axes in figure.axes]
    np.testing.assert_allclose(sizes, sizes[0])
