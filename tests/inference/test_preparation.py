import numpy as np
import pytest

from hico_mm.datasets.synthetic import make_sequences
from hico_mm.datasets.transforms import MapJoints
from hico_mm.inference import preparation as preparation_module
from hico_mm.inference.loading import InputSpec
from hico_mm.inference.preparation import Preparation

NTU = InputSpec('nturgb+d', 25, 3)
KEYPOINT = make_sequences(1)[0]['keypoint'][:1].astype(np.float32)
H36M = MapJoints('nturgb+d', 'h36m')(dict(keypoint=KEYPOINT))['keypoint']


def keep(results):
    return results


def test_what_the_pipeline_gets():
    results = Preparation(NTU, keep)(KEYPOINT, 'mine', None)
    np.testing.assert_array_equal(results['keypoint'], KEYPOINT)
    assert results['keypoint'] is not KEYPOINT
    assert results['total_frames'] == KEYPOINT.shape[1] and results['frame_dir'] == 'mine'
    assert 'label' not in results
    assert Preparation(NTU, keep)(KEYPOINT, 'mine', 2)['label'] == 2


def test_joints_are_mapped():
    preparation = Preparation(NTU, keep, 'h36m')
    preparation.check(H36M, 'mine')
    results = preparation(H36M, 'mine', None)
    np.testing.assert_allclose(results['keypoint'][0, :, 4], KEYPOINT[0, :, 4], atol=1e-6)


@pytest.mark.parametrize('axes', [
    ('right', 'up', 'away'),  # mirrored, as in hico_four_sets_to_kard.py
    ('away', 'left', 'up')])  # another way round is another turn
def test_axes_that_the_pipeline_turns_are_met(axes):
    turn = MapJoints('nturgb+d', 'nturgb+d', axes, 0.5)
    expected = InputSpec('nturgb+d', 25, 3, turn.axes, turn.scale)
    for source, keypoint in (('nturgb+d', KEYPOINT), ('h36m', H36M)):
        results = Preparation(expected, turn, source)(keypoint, 'mine', None)
        np.testing.assert_allclose(
            results['keypoint'], Preparation(NTU, keep, source)(keypoint, 'mine', None)['keypoint'],
            atol=1e-6)


def test_the_pipelines_own_axes_decide_what_is_mirrored(monkeypatch):
    warnings = []
    monkeypatch.setattr(preparation_module, 'print_log', lambda *args: warnings.append(args[0]))
    expected = InputSpec('nturgb+d', 25, 3, ('right', 'up', 'away'))
    Preparation(expected, keep).check(KEYPOINT * np.float32([-1, 1, 1]), 'mine')
    assert warnings == []
    Preparation(expected, keep).check(KEYPOINT, 'mine')
    assert len(warnings) == 1 and 'look mirrored' in warnings[0]


def test_the_target_is_named_where_the_config_does_not():
    preparation = Preparation(InputSpec(None, 17, 3), keep, 'nturgb+d', 'h36m')
    np.testing.assert_array_equal(preparation(KEYPOINT, 'mine', None)['keypoint'], H36M)


def test_layouts_of_the_same_joints_are_the_same():
    preparation = Preparation(NTU, keep, 'h36m', 'kinect_v2')
    np.testing.assert_array_equal(preparation(H36M, 'mine', None)['keypoint'],
                                  Preparation(NTU, keep, 'h36m')(H36M, 'mine', None)['keypoint'])
    with pytest.raises(ValueError, match="target is 'kinect_v1_sdk', but the pipeline .* 'kinect_v1'"):
        Preparation(InputSpec('kinect_v1', 20, 3), keep, 'h36m', 'kinect_v1_sdk')


@pytest.mark.parametrize('expected, arguments, message', [
    (InputSpec(None, 17, 3), ['nturgb+d'], 'config does not name the layout .* as target'),
    (InputSpec(None, 17, 3), ['h36m', 'nturgb+d'], "target is 'nturgb\\+d' with 25 joints, .* takes 17"),
    (NTU, ['h36m', 'coco'], "target is 'coco', but the pipeline of the config takes 'nturgb\\+d'"),
    (NTU, [None, 'coco'], "target='coco', .*name is missing. Give the layout of the recordings"),
    (NTU, [None, None, ('left', 'up', 'away')], "axes=\\('left', 'up', 'away'\\)"),
    (NTU, [None, None, None, 0.001], 'scale=0.001'),
])
def test_unfit_layouts(expected, arguments, message):
    with pytest.raises(ValueError, match=message):
        Preparation(expected, keep, *arguments)


@pytest.mark.parametrize('keypoint, source, message', [
    (H36M, None, r"mine: .* 17 joints, but the encoder takes 25 \(nturgb\+d\). Layouts with 17 joints "
     r"are \['coco', 'h36m'\]: .* --from of .*source=..., target='nturgb\+d'\)"),
    (KEYPOINT[:, :, :20], None, r"20 joints .*\['kinect_v1', 'kinect_v1_sdk'\]"),
    (KEYPOINT[:, :, :7], None, r"7 joints, .* mapped from \{'nturgb\+d': 25, .*'smpl': 24\}"),
    (KEYPOINT, 'h36m', r"25 joints, but the layout 'h36m' has 17. Layouts with 25 .*'kinect_v2'"),
    (KEYPOINT[..., :2], None, '2 coordinates per joint, but the encoder takes 3. A 3-D pose is needed, '
     'such as one lifted from the 2-D pose'),
    (np.ones((1, 4, 25, 4)), None, r'4 coordinates per joint.*confidence: keypoint\[..., :3\]'),
    (np.zeros((1, 4, 25, 3)), None, 'mine: every frame of the keypoint is zero'),
    (np.zeros((1, 0, 25, 3)), None, r'mine: the keypoint of shape \(1, 0, 25, 3\) is empty'),
    (np.full((1, 4, 25, 3), np.nan), None, 'mine: the keypoint has NaN'),
])
def test_unfit_recordings(keypoint, source, message):
    with pytest.raises(ValueError, match=message):
        Preparation(NTU, keep, source).check(keypoint, 'mine')


def test_a_doubtful_recording_is_told_once(monkeypatch):
    told = []
    monkeypatch.setattr(preparation_module, 'print_log', lambda text, *_: told.append(text))
    preparation = Preparation(NTU, keep, 'h36m')
    preparation.check(1000 * H36M, 'mine')
    preparation.check(1000 * H36M, 'other')
    text, = told
    assert text.startswith('mine: A body measures about ') and '0.001 for millimetres' in text


def test_an_encoder_of_two_dimensional_skeletons():
    Preparation(InputSpec('coco', 17, 2), keep).check(H36M[..., :2], 'mine')
