import numpy as np
import pytest

from hico_mm.datasets.transforms import KeepActivePersons
from hico_mm.datasets.transforms.persons import most_energetic, motion_energy


def persons(*scales, num_frames=10, seed=0):
    motion = np.random.default_rng(seed).normal(size=(num_frames, 25, 3))
    return np.stack([scale * motion for scale in scales]).astype(np.float32)


def test_energy_by_hand():
    person = np.zeros((4, 2, 3))
    person[1] = [[1, 10, 5], [3, 10, 5]]
    person[3] = [[1, 14, 5], [3, 14, 5]]
    # Without the empty frames, x is 1 3 1 3, y is 10 10 14 14, z is 5.
    assert motion_energy(person) == pytest.approx(1 + 2 + 0)
    # In half precision the sum would overflow.
    person = persons(100, num_frames=200)[0].astype(np.float16)
    assert motion_energy(person) == pytest.approx(motion_energy(person.astype(np.float64)))


def test_the_two_most_energetic_of_four():
    keypoint = np.random.default_rng(0).normal(size=(4, 6, 25, 3)).astype(np.float32)
    keypoint *= np.array([2, 1, 4, 3], np.float32)[:, None, None, None]
    keypoint[2, 1:] = 0  # seen in one frame only, which does not lower its energy
    np.testing.assert_array_equal(most_energetic(keypoint), keypoint[[2, 3]])
    np.testing.assert_array_equal(most_energetic(keypoint[:2][::-1]), keypoint[:2])
    assert most_energetic(keypoint[:0]).shape == (0, 6, 25, 3)


@pytest.mark.parametrize(('scales', 'num_person', 'kept'), [
    ((1, 3, 2), 2, (1, 2)),
    ((0, 1, 2, 4), 2, (3, 2)),
    ((5, 5, 1), 2, (0, 1)),
    ((1, 2), 1, (1, )),
    ((2, 0, 0, 3), 3, (3, 0, 1)),
    ((1, ) * 40, 2, (0, 1)),
])
def test_keeps_the_most_active(scales, num_person, kept):
    keypoint = persons(*scales)
    results = KeepActivePersons(num_person)(dict(keypoint=keypoint))
    np.testing.assert_array_equal(results['keypoint'], keypoint[list(kept)])


def test_standing_still_far_away_is_not_activity():
    keypoint = persons(1, 2, 1)
    keypoint[2] += 100
    keypoint[2, 5:] = 0  # empty frames are no movement either
    results = KeepActivePersons(1)(dict(keypoint=keypoint))
    np.testing.assert_array_equal(results['keypoint'], keypoint[1:2])


def test_leaves_few_persons_alone_but_an_empty_one_comes_last():
    for keypoint in (persons(1), persons(1, 2)):
        assert KeepActivePersons(num_person=2)(dict(keypoint=keypoint))['keypoint'] is keypoint
    keypoint = persons(0, 3)
    kept = KeepActivePersons(num_person=2)(dict(keypoint=keypoint))['keypoint']
    np.testing.assert_array_equal(kept, keypoint[::-1])


@pytest.mark.parametrize(('keypoint', 'message'), [
    (np.ones((10, 25, 3)), r"sequence 'S001': .*\(10, 25, 3\)"),
    (np.full((3, 10, 25, 3), np.inf), "sequence 'S001': .*NaN or infinite"),
])
def test_unfit_sequences_and_argument(keypoint, message):
    with pytest.raises(ValueError, match=message):
        KeepActivePersons()(dict(keypoint=keypoint, frame_dir='S001'))
    with pytest.raises(ValueError, match='num_person of KeepActivePersons is 0, but at least 1'):
        KeepActivePersons(num_person=0)
