import numpy as np
import pytest

from hico_mm.datasets.annotation_file import check_keypoint, sequence_name

NAME = "sequence 'S001'"


def with_value(value, dtype=np.float32):
    keypoint = np.ones((2, 5, 25, 3), dtype)
    keypoint[1, 2, 3, 0] = value
    return keypoint


@pytest.mark.parametrize('dtype', [np.float16, np.float32, np.float64])
def test_accepts_good_keypoints(dtype):
    keypoint = np.zeros((1, 4, 20, 2), dtype)
    keypoint[0, 3, 7, 1] = 1e-4  # one value is a skeleton
    check_keypoint(keypoint, NAME)
    check_keypoint(keypoint, NAME, num_joints=20, num_coords=2)


def test_accepts_large_values():
    check_keypoint(with_value(6e4, np.float16), NAME)
    check_keypoint(with_value(3e38), NAME)


@pytest.mark.parametrize(('keypoint', 'message'), [
    (np.ones((5, 25, 3)), r'has the shape \(5, 25, 3\), but \(persons M, frames T'),
    (np.ones((1, 1, 5, 25, 3)), r'has the shape \(1, 1, 5, 25, 3\)'),
    (np.ones((1, 5, 20, 3)), r'\(1, 5, 20, 3\) has 20 joints, but 25 are configured; correct .* or map '
     r"the joints. Layouts with 20 joints are \['kinect_v1', 'kinect_v1_sdk'\]: .*"
     r"dict\(type='MapJoints', source=..., target=...\)"),
    (np.ones((1, 5, 25, 2)), r'\(1, 5, 25, 2\) has 2 coordinates per joint, but 3 are expected. A 3-D '
     'pose is needed, such as one lifted from the 2-D pose'),
    (np.ones((1, 5, 25, 4)), r'4 coordinates .* Leave out .* a confidence: keypoint\[..., :3\]'),
    (np.ones((1, 0, 25, 3)), r'\(1, 0, 25, 3\) is empty'),
    (np.ones((0, 5, 25, 3)), r'\(0, 5, 25, 3\) is empty'),
    (with_value(np.nan), 'NaN or infinite values, such as in frame 2, joint 3 of person 1'),
    (with_value(np.inf), 'NaN or infinite'),
    (with_value(-np.inf, np.float16), 'NaN or infinite'),
    (with_value(np.nan, np.float16), 'NaN or infinite'),
    (np.zeros((2, 5, 25, 3)), 'every frame of the keypoint is zero'),
    ([[[[1., 2., 3.]]]], 'of type list, but a NumPy array'),
    (np.array('abc'), 'of type <U3, but a NumPy array'),
    (np.array([None]), 'of type object, but a NumPy array'),
])
def test_refuses(keypoint, message):
    with pytest.raises(ValueError, match=f'^{NAME}: .*{message}'):
        check_keypoint(keypoint, NAME, num_joints=25, num_coords=3)


def test_sequence_name():
    assert sequence_name(dict(frame_dir='S001')) == NAME
    assert sequence_name(dict()) == 'a sequence without frame_dir'
