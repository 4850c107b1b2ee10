import pytest
import torch
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample
from mmengine.dataset import pseudo_collate
from small_models import encoder_config

from hico_mm.datasets import skeleton_collate
from hico_mm.datasets.layouts import get_parents
from hico_mm.models.data_preprocessors import SkeletonPreprocessor, stream_of

all_streams = pytest.mark.parametrize('stream', ['joint', 'bone', 'motion'])


def batch_of(*keypoints, **metainfo):
    """What a loader gives for sequences of (clips, M, T, V, C)."""
    return pseudo_collate([
        dict(inputs=keypoint, data_samples=ActionDataSample(metainfo=metainfo).set_gt_label(0))
        for keypoint in keypoints])


def derived(keypoint, *args, **kwargs):
    """The stream of one (M, T, V, C), of the same shape."""
    stream = SkeletonPreprocessor(*args, **kwargs)(batch_of(keypoint[None]))['inputs']
    assert stream.shape == (1, 1, *keypoint.shape)
    return stream[0, 0]


@all_streams
def test_recorded_streams(golden_dir, stream):
    golden = torch.load(golden_dir / 'centre_crop_and_streams.pt', weights_only=True)
    for case in golden['cases']:
        torch.testing.assert_close(derived(case['joint'], stream), case[stream], rtol=0, atol=1e-6)


@all_streams
def test_streams_of_crossclr(golden, stream):
    recorded = golden('crossclr')
    for name, joint in recorded['input'].items():  # (N, C, T, V, M)
        for case, expected in zip(joint, recorded['streams'][stream][name], strict=True):
            assert torch.equal(derived(case.permute(3, 1, 2, 0), stream), expected.permute(3, 1, 2, 0))


@all_streams
def test_stacked_batch_is_as_a_list(stream):
    samples = [
        dict(inputs=torch.randn(2, 2, 6, 25, 3).half(), data_samples=ActionDataSample())
        for _ in range(3)]
    preprocessor = SkeletonPreprocessor(stream)
    stacked, listed = (
        preprocessor(collate(samples)) for collate in (skeleton_collate, pseudo_collate))
    assert stacked['inputs'].shape == (3, 2, 2, 6, 25, 3)
    assert stacked['inputs'].dtype == torch.float32
    assert stacked['inputs'].equal(listed['inputs'])
    assert len(stacked['data_samples']) == 3
    for sequence, sample in zip(stacked['inputs'], samples, strict=True):  # sequences and views apart
        for view in range(2):
            assert sequence[view].equal(derived(sample['inputs'][view], stream))


def test_bone_of_an_own_list_and_motion_as_the_forward_difference():
    keypoint = torch.tensor([1, 10, 100]).reshape(1, 1, 3, 1)
    assert derived(keypoint, 'bone', parents=[0, 0, 1]).flatten().tolist() == [0, 9, 90]
    motion = derived(torch.tensor([1, 4, 9, 16]).reshape(1, 4, 1, 1), 'motion', parents=[0])
    assert motion.flatten().tolist() == [3, 5, 7, 0]
    assert motion.dtype == torch.float32


@all_streams
def test_empty_person_stays_empty_and_input_unchanged(stream):
    keypoint = torch.randn(2, 6, 25, 3)
    keypoint[1] = 0
    before = keypoint.clone()
    assert not derived(keypoint, stream)[1].any()
    assert keypoint.equal(before)


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_half_precision(dtype):
    keypoint = torch.randn(2, 6, 25, 3).to(dtype)
    # The preprocessor of a model that was cast as a whole; the parents stay integers.
    preprocessor = SkeletonPreprocessor('bone', to_float32=False).to(dtype=dtype)
    bone = preprocessor(batch_of(keypoint[None]))['inputs'][0, 0]
    assert bone.dtype == dtype
    assert bone.equal(keypoint - keypoint[:, :, list(get_parents('nturgb+d'))])


def test_recognizers_take_it_from_their_config():
    encoder = encoder_config(num_joints=5)
    preprocessor = dict(type='SkeletonPreprocessor', stream='bone', parents=[0, 0, 1, 2, 3])
    head = dict(type='LinearHead', num_classes=3, encoder=encoder)
    for config in (dict(type='MoCoRecognizer'), dict(type='RecognizerGCN', cls_head=head)):
        model = MODELS.build(dict(config, backbone=encoder, data_preprocessor=preprocessor))
        assert stream_of(model) == 'bone'
        assert model.data_preprocessor.parents.tolist() == [0, 0, 1, 2, 3]
        assert not model.data_preprocessor.state_dict()  # nothing enters a checkpoint
    assert stream_of(MODELS.build(dict(type='MoCoRecognizer', backbone=encoder))) == 'joint'


def test_only_bones_need_the_parents():
    keypoint = torch.ones(1, 6, 20, 3)
    for stream in ('joint', 'motion'):
        assert derived(keypoint, stream).shape == keypoint.shape
    message = "'S001': the keypoint has 20 joints, .* SkeletonPreprocessor has 25"
    with pytest.raises(ValueError, match=message):
        SkeletonPreprocessor('bone')(batch_of(keypoint[None], frame_dir='S001'))
    with pytest.raises(ValueError, match="'without frame_dir': the keypoint has 20 joints"):
        derived(keypoint, 'bone')


def test_bad_config_is_refused():
    with pytest.raises(ValueError, match=r"'bones'; choose one of \('joint', 'bone', 'motion'\)"):
        SkeletonPreprocessor('bones')
    with pytest.raises(KeyError, match="'ntu'.*nturgb"):
        SkeletonPreprocessor('bone', parents='ntu')
    with pytest.raises(ValueError, match='Joint 1 has the parent 2'):
        SkeletonPreprocessor('bone', parents=[0, 2])
