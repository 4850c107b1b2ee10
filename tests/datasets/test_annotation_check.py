import numpy as np
import pytest

from hico_mm.datasets.annotation_file import check_frames, check_label


@pytest.mark.parametrize('total_frames', [None, 1, 4, np.int64(4)])
def test_frames_within_the_keypoint(total_frames):
    annotation = dict(keypoint=np.ones((1, 4, 2, 3)))
    if total_frames is not None:
        annotation['total_frames'] = total_frames
    check_frames(annotation, 'x', num_joints=2, num_coords=3)


@pytest.mark.parametrize('total_frames', [0, 5, 4.0, '4'])
def test_frames_beyond_the_keypoint(total_frames):
    annotation = dict(keypoint=np.ones((1, 4, 2, 3)), total_frames=total_frames)
    with pytest.raises(ValueError) as error:
        check_frames(annotation, 'x')
    assert str(error.value) == (f'x: total_frames is {total_frames!r}, but the keypoint has 4 frames; '
                                'correct it in the annotation file.')


def test_frames_after_the_last_do_not_count():
    keypoint = np.ones((1, 4, 2, 3))
    keypoint[:, 2:] = np.nan
    check_frames(dict(keypoint=keypoint, total_frames=2), 'x')
    with pytest.raises(ValueError, match='x: the keypoint has NaN or infinite values'):
        check_frames(dict(keypoint=keypoint, total_frames=3), 'x')


@pytest.mark.parametrize('keypoint, message', [
    (np.ones((1, 4, 3, 3)), 'has 3 joints, but 2 are configured'),
    (np.ones((1, 4, 2, 2)), 'has 2 coordinates per joint, but 3 are expected'),
    (np.ones((4, 2, 3)), r'has the shape \(4, 2, 3\)'),
])
def test_keypoint_of_another_shape(keypoint, message):
    with pytest.raises(ValueError, match=f'x: .*{message}'):
        check_frames(dict(keypoint=keypoint, total_frames=4), 'x', num_joints=2, num_coords=3)


@pytest.mark.parametrize('label, num_classes', [(9, 10), (np.int64(9), 10), (1000, None)])
def test_label(label, num_classes):
    checked = check_label(label, 'x', num_classes)
    assert checked == label and type(checked) is int


def test_labels_of_several_classes():
    checked = check_label(np.array([0, 2]), 'x', 3, multi_class=True)
    assert checked == [0, 2] and [type(x) for x in checked] == [int, int]
    with pytest.raises(ValueError, match=r'x: the label is \[0, 3\]'):
        check_label([0, 3], 'x', 3, multi_class=True)


@pytest.mark.parametrize('label', [10, -1, 1.0, None, '3', [3]])
def test_bad_label(label):
    with pytest.raises(ValueError) as error:
        check_label(label, 'x', 10)
    assert str(error.value) == (
        f'x: the label is {label!r}, but a whole number from 0 to below num_classes=10 is expected; '
        'correct the label, or num_classes in the config.')
