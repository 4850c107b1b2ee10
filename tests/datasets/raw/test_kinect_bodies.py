import numpy as np
import pytest

from hico_mm.datasets.raw.kinect_bodies import (
    persons_by_position,
    persons_by_track,
    read_skeleton,
)
from hico_mm.datasets.raw.text import MalformedFile
from hico_mm.datasets.transforms.persons import most_energetic

# Longer than a float can hold: as floats the two are the same.
ANNA, BERT = '72057594037931101', '72057594037931102'


def scales(keypoint):
    """Scale by which a body was written, per person and frame; 0 where a person is absent."""
    present = keypoint.any(axis=(2, 3))  # (M, T)
    assert keypoint.shape[2:] == (25, 3) and keypoint.dtype == np.float32
    np.testing.assert_array_equal(keypoint[present][..., 1], 0.5)
    np.testing.assert_array_equal(keypoint[present][..., 2], 3)
    scale = keypoint[:, :, 1, 0]
    np.testing.assert_array_equal(keypoint[..., 0], scale[..., None] * np.arange(25))
    return scale.tolist()


def test_values_of_a_file_written_out(tmp_path):
    path = tmp_path / 'S001C001P001R001A001.skeleton'
    path.write_text('1\n1\n72057594037931101 0 1 1 1 1 0 0.02764709 0.05745083 2\n25\n'
                    '0.2181153 0.1725972 3.785547 277.419 191.8218 1036.233 519.1677 -0.2059419 '
                    '0.05349901 0.9692109 -0.1239193 2\n' +
                    '-1.5 2E-05 4 1 2 3 4 0 0 0 0 1\n' * 24)
    bodies = read_skeleton(path)
    assert (bodies.num_frames, bodies.frame, bodies.position) == (1, [0], [0])
    assert bodies.body_id == [b'72057594037931101']
    np.testing.assert_array_equal(
        bodies.joints, np.array([[[0.2181153, 0.1725972, 3.785547]] + [[-1.5, 2e-5, 4]] * 24],
                                np.float32))


@pytest.mark.parametrize('ending', ['\n', '\r\n'])
@pytest.mark.parametrize('frames, by_position, by_track', [
    # one body
    ([[(ANNA, 1)], [(ANNA, 2)]], [[1, 2]], [[1, 2]]),
    # two, whose order changes
    ([[(ANNA, 1), (BERT, 5)], [(BERT, 6), (ANNA, 2)]], [[1, 6], [5, 2]], [[1, 2], [5, 6]]),
    # three, the second one leaves
    ([[(ANNA, 1), (BERT, 5), (7, 9)], [(ANNA, 2), (7, 8)]],
     [[1, 2], [5, 8], [9, 0]], [[1, 2], [5, 0], [9, 8]]),
    # five: the first four positions count, every track does
    ([[(i, i) for i in range(1, 6)]], [[1], [2], [3], [4]], [[1], [2], [3], [4], [5]]),
    # one leaves and returns
    ([[(ANNA, 1), (BERT, 5)], [(BERT, 6)], [(BERT, 7), (ANNA, 3)]],
     [[1, 6, 7], [5, 0, 3]], [[1, 0, 3], [5, 6, 7]]),
    # frames without a body, at the start, within, and at the end
    ([[], [(ANNA, 1)], [], [(ANNA, 2)], []], [[0, 1, 0, 2, 0]], [[0, 1, 0, 2, 0]]),
    # the same id twice in a frame
    ([[(ANNA, 1), (ANNA, 5)], [(ANNA, 2), (BERT, 6)]],
     [[1, 2], [5, 6]], [[1, 2], [5, 0], [0, 6]]),
    # no body at all
    ([[], []], [], []),
    ([], [], []),
])
def test_persons(write_skeleton, frames, ending, by_position, by_track):
    bodies = read_skeleton(write_skeleton(frames, ending=ending))
    assert bodies.num_frames == len(frames)
    assert scales(persons_by_position(bodies)) == by_position
    assert scales(persons_by_track(bodies)) == by_track


def slow_energy(person):
    frames = np.array([frame for frame in person.astype(float) if np.any(frame != 0)])
    return sum(np.sqrt(np.mean((frames[..., c] - np.mean(frames[..., c]))**2)) for c in range(3))


def test_the_two_most_energetic_of_four():
    keypoint = np.random.default_rng(0).normal(size=(4, 6, 25, 3)).astype(np.float32)
    keypoint *= np.array([2, 1, 4, 3], np.float32)[:, None, None, None]
    keypoint[2, 1:] = 0  # seen in one frame only, which does not lower its energy
    energies = [slow_energy(person) for person in keypoint]
    expected = sorted(range(4), key=lambda m: -energies[m])[:2]
    assert expected == [2, 3]
    np.testing.assert_array_equal(most_energetic(keypoint), keypoint[expected])


def test_the_most_energetic_comes_first_also_of_two(write_skeleton):
    bodies = read_skeleton(write_skeleton([[(ANNA, 1), (BERT, 5)]] * 3))
    assert scales(most_energetic(persons_by_position(bodies))) == [[5] * 3, [1] * 3]
    assert most_energetic(np.zeros((0, 3, 25, 3), np.float32)).shape == (0, 3, 25, 3)


def edit(lines, number, line):
    return lines[:number - 1] + [line] + lines[number:]


@pytest.mark.parametrize('change, expected', [
    (lambda x: [], 'line 1: the file ends where the number of frames is expected.'),
    (lambda x: edit(x, 1, 'two'), "line 1: 'two', where the number of frames is expected."),
    (lambda x: edit(x, 1, '3'), 'line 58: the file ends where the number of bodies is expected.'),
    (lambda x: edit(x, 1, '1'),
     'line 30: 28 more line(s), where the end of the file is expected.'),
    (lambda x: edit(x, 3, '1 0 0'), 'line 3: 3 value(s), where a body has 10.'),
    (lambda x: edit(x, 4, '20'), 'line 4: 20, where the number of joints is 25.'),
    (lambda x: edit(x, 6, '1 2'), 'line 6: 2 value(s), where a joint has 12.'),
    (lambda x: x[:5] + x[6:], 'line 29: 1 value(s), where a joint has 12.'),
    (lambda x: edit(x, 7, x[6].replace('0.5', 'O.5')),
     "line 7: 'O.5', where a joint has a finite number."),
    (lambda x: edit(x, 7, x[6].replace('0.5', 'NaN')),
     "line 7: 'NaN', where a joint has a finite number."),
    # the last frame truncated: between two lines, within one, before its bodies
    (lambda x: x[:-3], 'line 55: the file ends where a joint is expected.'),
    (lambda x: x[:-1] + [x[-1][:10]], 'line 57: 4 value(s), where a joint has 12.'),
    (lambda x: x[:30], 'line 31: the file ends where a body is expected.'),
])
def test_malformed_files(write_skeleton, lines_of, change, expected):
    lines = lines_of([[(ANNA, 1)], [(ANNA, 2)]])
    assert len(lines) == 57
    path = write_skeleton('\r\n'.join(change(lines)))
    with pytest.raises(MalformedFile) as error:
        read_skeleton(path)
    assert str(error.value) == f'{path}, {expected}'
