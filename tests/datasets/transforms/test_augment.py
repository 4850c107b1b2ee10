"""Augmentations against those of the public code, given what they drew."""
from unittest.mock import patch

import numpy as np
import pytest
from mmaction.registry import TRANSFORMS
from mmengine.dataset import Compose

from hico_mm.datasets.transforms.spatial import transform_joints
from hico_mm.datasets.transforms.temporal import resize_frames


def ours(x):
    return x.permute(3, 1, 2, 0).numpy()  # (C, T, V, M) -> (M, T, V, C)


def apply(transform, *args, **options):
    return TRANSFORMS.build(dict(type=transform, **options)).apply(*args)


def check(result, case, atol=1e-5):
    np.testing.assert_allclose(result, ours(case['output']), rtol=0, atol=atol)


def shear(keypoint, matrix):
    return transform_joints(keypoint, matrix.numpy().T.astype(np.float32))  # theirs is from the left


def corrupted(keypoint, case):
    matrix = np.zeros((3, 3)) if case['kind'] else case['matrix'].numpy()
    return apply('JointCorruption', keypoint, case['joints'].numpy(), matrix.astype(np.float32))


def cropped(keypoint, case):
    drawn = (case['scale'] - 0.1) / 0.9, (case['start'] + 0.5) / (keypoint.shape[1] - case['length'] + 1)
    with patch('numpy.random.rand', side_effect=drawn):
        return TRANSFORMS.build(dict(type='RandomCropResize'))(dict(keypoint=keypoint))['keypoint']


@pytest.mark.parametrize('method, name, atol, augment', [
    ('crossclr', 'temporal_crop', 0, lambda x, case: apply('MirrorCrop', x, case['start'])),
    ('crossclr', 'shear', 1e-5, lambda x, case: shear(x, case['matrix'])),
    ('crossclr', 'view', 1e-5,
     lambda x, case: shear(apply('MirrorCrop', x, case['start']), case['matrix'])),
    ('aimclr', 'normal_view', 1e-5,
     lambda x, case: shear(apply('MirrorCrop', x, case['start']), case['matrix'])),
    ('aimclr', 'spatial_flip', 0, lambda x, case: apply('SwapSides', x) if case['kind'] else x),
    ('aimclr', 'time_flip', 0, lambda x, case: apply('ReverseFrames', x) if case['kind'] else x),
    ('aimclr', 'rotate', 1e-5,
     lambda x, case: apply('RandomRotation', x, case['degrees_xyz'].numpy())),
    ('aimclr', 'noise', 1e-5,
     lambda x, case: apply('JointNoise', x, ours(case['noise'])) if case['kind'] else x),
    ('aimclr', 'blur', 1e-6,
     lambda x, case: apply('TemporalBlur', x, case['sigma'], variant='released')
     if case['kind'] else x),
    ('aimclr', 'axis_mask', 0,
     lambda x, case: apply('MaskAxis', x, case['axis']) if case['kind'] else x),
    ('ascal', 'subtract', 1e-6, lambda x, case: apply('CentreJoint', x, joint=case['joint'])),
    ('ascal', 'time_flip', 0, lambda x, case: apply('ReverseFrames', x) if case['kind'] else x),
    ('ascal', 'shear', 1e-6, lambda x, case: shear(x, case['matrix'])),
    ('ascal', 'rotate', 1e-6, lambda x, case: apply(
        'RandomRotation', x, np.eye(3)[case['kind']] * case['degrees'])),
    ('ascal', 'zero_axis', 0, lambda x, case: apply('MaskAxis', x, case['kind'])),
    ('ascal', 'zero_joints', 0, lambda x, case: apply(
        'MaskJoints', x, case['joints'].numpy(), case['frames'].numpy())),
    ('ascal', 'noise', 1e-6, lambda x, case: apply('JointNoise', x, ours(case['noise']))),
    ('ascal', 'blur', 1e-6,
     lambda x, case: apply('TemporalBlur', x, case['sigma'], variant='released')
     if case['kind'] else x),
    ('isc', 'joint_corruption', 1e-6, corrupted),
    ('isc', 'pose_shear', 1e-6, lambda x, case: shear(x, case['matrix'])),
    ('isc', 'temporal_crop', 1e-5, cropped),
    ('isc', 'central_crop', 1e-5, lambda x, case: TRANSFORMS.build(dict(
        type='CentralCropResize', ratio=case['ratio']))(dict(keypoint=x))['keypoint']),
])
def test_augmentation_of_the_public_code(golden, method, name, atol, augment):
    cases = golden(f'augment_{method}')[name]
    assert len(cases) > 2
    for case in cases:
        check(augment(ours(case['input']), case), case, atol)


def test_extreme_view_of_aimclr(golden):
    for case in golden('augment_aimclr')['extreme_view']:
        x = shear(apply('MirrorCrop', ours(case['input']), case['start']), case['shear'])
        if case['flipped']:
            x = apply('SwapSides', x)
        x = apply('RandomRotation', x, case['degrees_xyz'].numpy())
        if case['noisy']:
            x = apply('JointNoise', x, ours(case['noise']))
        if case['blurred']:
            x = apply('TemporalBlur', x, case['sigma'], variant='released')
        if case['masked']:
            x = apply('MaskAxis', x, case['masked_axis'])
        check(x, case)


def test_view_and_evaluation_of_ascal(golden):
    recorded = golden('augment_ascal')
    prepare = Compose([dict(type='FirstFrames', num_frames=12), dict(type='CentreJoint', joint=1)])
    for name in ('view', 'evaluation'):
        for case in recorded[name]:
            x = prepare(dict(keypoint=ours(case['input'])))['keypoint']
            if name == 'view':
                x = shear(x[:, ::-1] if case['kind'] else x, case['matrix'])
            check(x, case, 1e-6)


def test_views_of_isc(golden):
    for case in golden('augment_isc')['views']:
        for view in (case['view1'], case['view2']):
            x = cropped(ours(case['input']), view)
            x = shear(x, view['shear']) if 'shear' in view else corrupted(x, view['corruption'])

            check(x, dict(output=view['graph']))
            sequence = x.transpose(1, 2, 3, 0).reshape(64, 150)  # V, C, M in the place of our M, V, C
            np.testing.assert_allclose(sequence, view['sequence'], rtol=0, atol=1e-5)


def test_preparation_of_crossclr(golden):
    for case in golden('prepare_50_frames')['cases']:
        results = Compose([dict(type='CentreJoint', joint=20), dict(type='FirstFrames')])(
            dict(keypoint=ours(case['input'])))
        resized = resize_frames(results['keypoint'], 50)

        assert results['total_frames'] == case['frames_counted']
        np.testing.assert_allclose(resized, ours(case['resized']), rtol=0, atol=1e-5)
        check(apply('ShoulderAlign', resized), case, 2e-5)


@pytest.mark.parametrize('config, message', [
    (dict(type='TemporalBlur', variant='relased'), "variant='relased' is unknown"),
    (dict(type='TemporalBlur', min_sigma=3), 'min_sigma=3 and max_sigma=2.0 .* 0 < min_sigma'),
    (dict(type='MirrorCrop', padding_ratio=0), 'padding_ratio=0 must be a positive'),
    (dict(type='MaskJoints', min_joints=20), "'min_joints': 20, 'max_joints': 15"),
    (dict(type='JointNoise', std=-1), "'std': -1"),
    (dict(type='RandomRotation', max_degrees=0, max_other_degrees=1), "'max_degrees': 0"),
    (dict(type='FirstFrames', num_frames=0), 'num_frames=0 must be a positive'),
])
def test_arguments_are_checked(config, message):
    with pytest.raises(ValueError, match=message):
        TRANSFORMS.build(config)
