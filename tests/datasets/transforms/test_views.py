import numpy as np
import pytest
from mmaction.registry import TRANSFORMS

from hico_mm.datasets.transforms import JointCorruption, PoseShear, RandomCropResize, Views


class Add:
    """Stands in for an augmentation: adds 1 in the first call, 2 in the second and so on."""

    def __init__(self):
        self.calls = 0

    def __call__(self, results):
        self.calls += 1
        results['keypoint'] += self.calls
        results['tags'].append(self.calls)
        return results


@pytest.mark.parametrize('num_person', [1, 2])
def test_order_and_axes_of_the_views(num_person, keypoint_of):
    keypoint = keypoint_of(num_person, 5)
    before = keypoint.copy()
    given = dict(keypoint=keypoint, frame_dir='S001', tags=[])
    results = Views([[Add()]] * 2)(given)
    np.testing.assert_array_equal(results['keypoint'][:, :5], before + 1)
    np.testing.assert_array_equal(results['keypoint'][:, 5:], before + 2)
    assert (results['num_clips'], results['frame_dir'], results['tags']) == (2, 'S001', [1])
    np.testing.assert_array_equal(given['keypoint'], before)
    assert given['tags'] == [] and 'num_clips' not in given

    results = TRANSFORMS.build(dict(type='FormatGCNInput', num_person=2))(results)
    clips = results['keypoint']
    assert clips.shape == (2, 2, 5, 25, 3)  # (views, M, T, V, C)
    for view in range(2):
        np.testing.assert_array_equal(clips[view, :num_person], before + (view + 1))
        assert not clips[view, num_person:].any()


def test_views_are_two_draws_of_the_pipeline(keypoint_of, pipelines):
    keypoint = keypoint_of(1, 150)
    choose, kinds = [JointCorruption(0.6), PoseShear(1.0)], set()
    views = TRANSFORMS.build(dict(type='Views', transforms=[pipelines.view] * 2))
    for seed in range(12):
        np.random.seed(seed)
        expected = []
        for _ in range(2):
            view = RandomCropResize()(dict(keypoint=keypoint))
            kind = np.random.choice(2)
            kinds.add(kind)
            expected.append(choose[kind](view)['keypoint'])
        np.random.seed(seed)
        results = views(dict(keypoint=keypoint))
        np.testing.assert_array_equal(results['keypoint'], np.concatenate(expected, axis=1))
        assert np.abs(expected[0] - expected[1]).max() > 0.1
    assert kinds == {0, 1}


def test_views_of_different_length_and_refused_sequences(keypoint_of):
    def shorten(results):
        return dict(results, keypoint=results['keypoint'][:, :lengths.pop()])

    lengths = [3, 4]
    message = r"'S001': the views have the shapes \[\(1, 4, 25, 3\), \(1, 3, 25, 3\)\]"
    with pytest.raises(ValueError, match=message):
        Views([[shorten], [shorten]])(dict(keypoint=keypoint_of(1, 5), frame_dir='S001'))
    assert Views([[lambda results: None]])(dict(keypoint=keypoint_of(1, 5))) is None


def test_each_view_has_transforms_of_its_own(keypoint_of):
    keypoint = keypoint_of(1, 5)
    double, negate = [lambda x: {**x, 'keypoint': x['keypoint'] * 2}], [
        lambda x: {**x, 'keypoint': -x['keypoint']}]
    results = Views([[], double, negate])(dict(keypoint=keypoint))
    assert results['num_clips'] == 3
    np.testing.assert_array_equal(results['keypoint'], np.concatenate(
        [keypoint, keypoint * 2, -keypoint], axis=1))


@pytest.mark.parametrize('transforms', [[], [dict(type='PoseShear')]])
def test_views_that_are_no_lists_are_refused(transforms):
    with pytest.raises(ValueError, match='transforms of Views are .* a list for each view is expected'):
        Views(transforms)
