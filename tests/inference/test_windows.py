import numpy as np
import pytest

from hico_mm.inference.windows import check_window, slide, slide_recording, stack_frames

KEYPOINT = np.arange(2 * 10 * 3 * 3, dtype=np.float32).reshape(2, 10, 3, 3)


@pytest.mark.parametrize('num_frames, window, stride, spans', [
    (10, 4, 2, [(0, 4), (2, 6), (4, 8), (6, 10)]),
    (10, 4, None, [(0, 4), (2, 6), (4, 8), (6, 10)]),  # half a window
    (10, 4, 4, [(0, 4), (4, 8), (6, 10)]),  # two frames left over
    (10, 4, 5, [(0, 4), (5, 9), (6, 10)]),
    (10, 3, 6, [(0, 3), (6, 9), (7, 10)]),  # a gap
    (10, 10, 3, [(0, 10)]),
    (3, 1, None, [(0, 1), (1, 2), (2, 3)]),
])
def test_windows_of_recordings_and_streams(num_frames, window, stride, spans):
    keypoint = KEYPOINT[:, :num_frames]
    for windows in (slide_recording(keypoint, window, stride, 'mine'),
                    slide(iter(keypoint.swapaxes(0, 1)), window, stride)):
        windows = list(windows)
        assert [(start, end) for start, end, _ in windows] == spans
        for start, end, frames in windows:
            np.testing.assert_array_equal(frames, keypoint[:, start:end])


def test_without_a_window_a_recording_is_taken_whole():
    (start, end, keypoint), = slide_recording(KEYPOINT, None, None, 'mine')
    assert (start, end) == (0, 10) and keypoint is KEYPOINT


def test_a_window_comes_as_soon_as_it_is_complete():
    read = []

    def frames():
        for number in range(10):
            read.append(number)
            yield KEYPOINT[0, number]

    windows = slide(frames(), 4, 3)
    assert next(windows)[:2] == (0, 4) and read == [0, 1, 2, 3]
    assert next(windows)[:2] == (3, 7) and read[-1] == 6


def test_persons_come_and_go():
    one, two = KEYPOINT[0, 0], KEYPOINT[:, 1]
    (_, _, keypoint), = slide([one, two, one], 3)
    assert keypoint.shape == (2, 3, 3, 3)
    np.testing.assert_array_equal(keypoint[:, 1], two)
    np.testing.assert_array_equal(keypoint[0, [0, 2]], [one, one])
    assert not keypoint[1, [0, 2]].any()
    assert stack_frames([two[:0], one[None]]).shape == (1, 2, 3, 3)  # nobody at first


@pytest.mark.parametrize('frames, message', [
    ([], 'The stream has 0 frames, fewer than a window of 4'),
    (KEYPOINT[0, :3], 'The stream has 3 frames, fewer than a window of 4. Take a smaller window'),
    ([KEYPOINT[0, 0], KEYPOINT[0, 0, :2]], r'frame 1 has \(joints, coordinates\) = \(2, 3\), '),
    ([[1., 2., 3.]], r'frame 0 is an array of float64 of the shape \(3,\), .*\(V, C\)'),
    ([[['a']]], 'frame 0 is an array of <U1'),
])
def test_unfit_frames(frames, message):
    with pytest.raises(ValueError, match=message):
        list(slide(frames, 4))


def test_a_short_recording_is_named():
    with pytest.raises(ValueError, match='Recording 7 has 10 frames, fewer than a window of 11'):
        list(slide_recording(KEYPOINT, 11, None, 'Recording 7'))


@pytest.mark.parametrize('window, stride, message', [
    (0, None, 'window is 0, but at least 1'), (4, 0, 'stride is 0, but at least 1'),
    (None, 2, 'stride is 2, but without a window')])
def test_settings(window, stride, message):
    with pytest.raises(ValueError, match=message):
        check_window(window, stride)
