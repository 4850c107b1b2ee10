import numpy as np
import pytest
import torch
from mmengine.config import Config

from hico_mm.apis.preparation import InputSpec, Preparation, find_input, slide
from hico_mm.apis.recordings import Recording
from hico_mm.datasets.synthetic import make_sequences
from hico_mm.datasets.transforms import MapJoints

NTU = InputSpec('nturgb+d', 25, 3)
KEYPOINT = make_sequences(1)[0]['keypoint'][:1].astype(np.float32)
H36M = MapJoints('nturgb+d', 'h36m')(dict(keypoint=KEYPOINT))['keypoint']
NORMALIZE = dict(type='NormalizeSkeleton', layout='coco')


def keep(results):
    return results


@pytest.mark.parametrize('pipeline, expected', [
    ([NORMALIZE], InputSpec('coco', 17, 3)),
    ([dict(type='MapJoints', source='h36m', target='coco'), NORMALIZE], InputSpec('h36m', 17, 3)),
    ([dict(type='MapJoints', source='h36m', target='coco', axes=['up', 'left', 'away'], scale=2.)],
     InputSpec('h36m', 17, 3, ('up', 'left', 'away'), 2.)),
    ([dict(type='NormalizeSkeleton', center=1, zaxis=(0, 1), xaxis=(2, 3)),
      dict(type='Stock', layout='coco')], InputSpec(None, 9, 3)),
])
def test_what_the_pipeline_takes(pipeline, expected):
    dataset, backbone = Config(dict(pipeline=pipeline)), torch.nn.Identity()
    backbone.input_sizes = dict(num_joints=9, in_channels=3)
    assert find_input(dataset, backbone) == expected
    dataset.num_joints = 9
    assert find_input(dataset, torch.nn.Identity()) == expected


def test_two_coordinates(warnings):
    backbone = torch.nn.Identity()
    backbone.input_sizes = dict(num_joints=17, in_channels=2)
    assert find_input(Config(dict(pipeline=[])), backbone) == InputSpec(None, 17, 2)
    preparation = Preparation(InputSpec('coco', 17, 2), keep)
    preparation.check(H36M[..., :2], 'mine')
    preparation.warn([H36M[..., :2]], ['mine'])
    assert warnings == []  # no doubts are known of them


def test_what_the_pipeline_gets():
    results = Preparation(NTU, keep)(KEYPOINT, 'mine', None)
    np.testing.assert_array_equal(results['keypoint'], KEYPOINT)
    assert results['keypoint'] is not KEYPOINT
    assert results['total_frames'] == KEYPOINT.shape[1] and results['frame_dir'] == 'mine'
    assert 'label' not in results
    assert Preparation(NTU, keep)(KEYPOINT, 'mine', 2)['label'] == 2


def test_joints_are_mapped_to_the_layout_of_the_config_or_to_the_target():
    results = Preparation(NTU, keep, 'h36m')(H36M, 'mine', None)
    np.testing.assert_allclose(results['keypoint'][0, :, 4], KEYPOINT[0, :, 4], atol=1e-6)
    # A layout of the same joints under another name is the same.
    same = Preparation(NTU, keep, 'h36m', 'kinect_v2')(H36M, 'mine', None)
    np.testing.assert_array_equal(same['keypoint'], results['keypoint'])
    named = Preparation(InputSpec(None, 17, 3), keep, 'nturgb+d', 'h36m')(KEYPOINT, 'mine', None)
    np.testing.assert_array_equal(named['keypoint'], H36M)


@pytest.mark.parametrize('axes', [
    ('right', 'up', 'away'),  # mirrored, as in hico_four_sets@kard
    ('away', 'left', 'up')])  # another way round is another turn
def test_axes_that_the_pipeline_turns_are_met(axes):
    turn = MapJoints('nturgb+d', 'nturgb+d', axes, 0.5)
    expected = InputSpec('nturgb+d', 25, 3, turn.axes, turn.scale)
    for source, keypoint in (('nturgb+d', KEYPOINT), ('h36m', H36M)):
        results = Preparation(expected, turn, source)(keypoint, 'mine', None)
        np.testing.assert_allclose(
            results['keypoint'], Preparation(NTU, keep, source)(keypoint, 'mine', None)['keypoint'],
            atol=1e-6)


def test_the_pipelines_own_axes_decide_what_is_mirrored(warnings):
    expected = InputSpec('nturgb+d', 25, 3, ('right', 'up', 'away'))
    Preparation(expected, keep).warn([KEYPOINT * np.float32([-1, 1, 1])], ['mine'])
    assert warnings == []
    Preparation(expected, keep).warn([KEYPOINT], ['mine'])
    assert len(warnings) == 1 and 'look mirrored' in warnings[0]


def test_many_persons(warnings):
    persons = np.concatenate([KEYPOINT] * 3)
    list(Preparation(NTU, keep).windows([Recording('a', persons)], None, None, 'Recording'))
    assert warnings == ["Recording 'a': There are 3 persons; a batch is given as a list of recordings, "
                        'in files one each.']
    with pytest.raises(ValueError, match='mine, frame 0 of the shape .* has 7 persons. A stream gives'):
        next(Preparation(NTU, keep).stream([KEYPOINT[0, :7]], 4, None, 'mine'))


def test_recordings_of_a_call_are_doubted_together(warnings):
    skewed = KEYPOINT.copy()
    skewed[:, :, 5] += 2 * (skewed[:, :, 5] - skewed[:, :, 4])  # the left elbow
    for number, told in ((4, 0), (5, 1)):
        recordings = [Recording(str(i), skewed) for i in range(number)]
        windows = list(Preparation(NTU, keep).windows(iter(recordings), None, None, 'Recording'))
        assert [window.recording.name for window in windows] == [str(i) for i in range(number)]
        assert len(warnings) == told
    assert warnings[0].startswith("Recording '0' and 4 more: A bone of one side is 2.96 times")


@pytest.mark.parametrize('expected, arguments, message', [
    (InputSpec(None, 17, 3), ['nturgb+d'], 'config does not name the layout .* as target'),
    (InputSpec(None, 17, 3), ['h36m', 'nturgb+d'], "target is 'nturgb\\+d' with 25 joints, .* takes 17"),
    (InputSpec('kinect_v1', 20, 3), ['h36m', 'kinect_v1_sdk'],
     r"target is 'kinect_v1_sdk' with 20 joints, but the encoder takes 20 \(kinect_v1\)"),
    (NTU, [None, 'coco'], "target='coco', .*name is missing. Give the layout of the recordings"),
    (NTU, [None, None, ('left', 'up', 'away')], "axes=\\('left', 'up', 'away'\\)"),
    (NTU, [None, None, None, 0.001], 'scale=0.001'),
])
def test_unfit_layouts(expected, arguments, message):
    with pytest.raises(ValueError, match=message):
        Preparation(expected, keep, *arguments)


@pytest.mark.parametrize('keypoint, source, message', [
    (H36M, None, r"mine: .* 17 joints, but 25 \(nturgb\+d\) are expected. Layouts with 17 joints "
     r"are \['coco', 'h36m'\]: .* --from of .*source=..., target='nturgb\+d'\)"),
    (KEYPOINT, 'h36m', r"25 joints, but 17 \(h36m\) are expected. Layouts with 25 .*'kinect_v2'"),
    (KEYPOINT[..., :2], None, '2 coordinates per joint, but the encoder takes 3. A 3-D pose is needed, '
     'such as one lifted from the 2-D pose'),
    (KEYPOINT.swapaxes(1, 2), None, r'joints.* If the axes are VTC, name them as order'),
    (KEYPOINT * (1, 1, 0), None, 'mine: the skeletons are 2-D'),
    (np.ones((1, 4, 25, 4)), None, r'4 coordinates per joint.*confidence: keypoint\[..., :3\]'),
])
def test_joints_that_do_not_fit(keypoint, source, message):
    with pytest.raises(ValueError, match=message):
        Preparation(NTU, keep, source).check(keypoint, 'mine')


FRAMES = np.arange(10 * 2 * 3 * 3, dtype=np.float32).reshape(10, 2, 3, 3)  # (T, M, V, C)


@pytest.mark.parametrize('num_frames, window, stride, spans', [
    (10, 4, 2, [(0, 4), (2, 6), (4, 8), (6, 10)]),
    (10, 4, None, [(0, 4), (2, 6), (4, 8), (6, 10)]),  # half a window
    (10, 4, 5, [(0, 4), (5, 9), (6, 10)]),
    (10, 3, 6, [(0, 3), (6, 9), (7, 10)]),  # a gap
    (3, 1, None, [(0, 1), (1, 2), (2, 3)]),
])
def test_windows(num_frames, window, stride, spans):
    windows = list(slide(FRAMES[:num_frames], window, stride))
    assert [(start, end) for start, end, _ in windows] == spans
    for start, end, keypoint in windows:
        np.testing.assert_array_equal(keypoint, FRAMES[start:end].swapaxes(0, 1))


def test_persons_come_and_go():
    one, two = FRAMES[0, 0], FRAMES[1]
    (_, _, keypoint), = slide([one, two, one], 3)
    assert keypoint.shape == (2, 3, 3, 3)
    np.testing.assert_array_equal(keypoint[:, 1], two)
    np.testing.assert_array_equal(keypoint[0, [0, 2]], [one, one])
    assert not keypoint[1, [0, 2]].any()
    (_, _, keypoint), = slide([two[:0], one], 2)
    assert keypoint.shape == (1, 2, 3, 3) and not keypoint[0, 0].any()  # nobody at first


@pytest.mark.parametrize('frames, message', [
    ([], 'The stream has 0 frames, fewer than a window of 4'),
    (FRAMES[:3], 'The stream has 3 frames, fewer than a window of 4. Take a smaller window'),
    ([FRAMES[0], FRAMES[0, :, :2]], r'frame 1 has \(joints, coordinates\) = \(2, 3\), '),
    ([[1., 2., 3.]], r'frame 0 is an array of float64 of the shape \(3,\), .*\(V, C\)'),
    ([[['a']]], 'frame 0 is an array of <U1'),
    ([np.ma.array(FRAMES[0])], 'frame 0 is a masked array'),
])
def test_unfit_frames(frames, message):
    with pytest.raises(ValueError, match=message):
        list(slide(frames, 4))
