import numpy as np
import pytest
import torch

from hico_mm.datasets.transforms import NormalizeSkeleton
from hico_mm.datasets.transforms.normalize import (
    X_AXIS,
    Z_AXIS,
    as_float32,
    fill_empty_frames,
    normalize_skeleton,
    smallest_rotation,
)

NTU = dict(center=1, zaxis=(0, 1), xaxis=(8, 4))


def rodrigues(source, target):
    """Rotation about the normal of the plane of both vectors, by the textbook."""
    u = source / np.linalg.norm(source)
    x, y, z = np.cross(u, target)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + cross + cross @ cross / (1 + u @ target)


def slow_normalize(keypoint, center, zaxis, xaxis):
    """The protocol, sentence by sentence."""
    keypoint = keypoint.astype(np.float64)
    num_frames = keypoint.shape[1]
    for person in keypoint:
        frames = list(person.copy())
        if not person[0].any():
            frames = [frame for frame in frames if frame.any()]
        while frames and not frames[-1].any():
            frames.pop()
        for t in range(num_frames if frames else 0):
            person[t] = frames[t % len(frames)]
    centers = keypoint[0, :, center].copy()
    for m, t, v in np.ndindex(keypoint.shape[:3]):
        if keypoint[m, t, v].any():
            keypoint[m, t, v] -= centers[t]
    for (start, end), target in (zaxis, [0, 0, 1]), (xaxis[::-1], [1, 0, 0]):
        rotation = rodrigues(keypoint[0, 0, end] - keypoint[0, 0, start], target)
        for place in np.ndindex(keypoint.shape[:3]):
            keypoint[place] = rotation @ keypoint[place]
    return keypoint


def test_recorded_sequences(golden_dir):
    cases = torch.load(golden_dir / 'normalise.pt', weights_only=True)
    assert len(cases) == 7
    for case in cases:
        raw, expected = case['raw'].numpy(), case['normalised'].numpy()
        num_frames = case['num_frames']
        padded = normalize_skeleton(raw, **NTU)
        cut = normalize_skeleton(raw[:, :num_frames], **NTU)
        np.testing.assert_allclose(padded, expected, rtol=0, atol=1e-5, err_msg=case['kind'])
        np.testing.assert_allclose(cut, expected[:, :num_frames], rtol=0, atol=1e-5)
        results = dict(keypoint=raw, total_frames=num_frames)
        results = NormalizeSkeleton('nturgb+d').transform(results)
        np.testing.assert_array_equal(results['keypoint'], cut)


@pytest.mark.parametrize('person, empty', [
    (1, []), (1, range(12)), (1, [0, 1, 6, 7]), (0, [0, 5, 11]), (0, [4, 5]), (0, [4, 10, 11]),
    (1, range(1, 12))])
@pytest.mark.parametrize('missing', [
    ([], [], []), ([0, 0, 1], [3, 4, 0], [5, 1, 1])])  # persons, frames, joints (1: centre)
def test_equals_slow_reference(person, empty, missing, keypoint_of):
    keypoint = keypoint_of(num_joints=9) + 3
    keypoint[person, list(empty)] = 0
    keypoint[tuple(np.array(missing, int))] = 0
    raw = keypoint.copy()
    normalised = normalize_skeleton(keypoint, **NTU)
    assert normalised.dtype == np.float32
    np.testing.assert_allclose(normalised, slow_normalize(raw, **NTU), rtol=0, atol=1e-5)
    np.testing.assert_array_equal(keypoint, raw)


def test_fill_empty_frames():
    frames = np.array([
        [1, 2, 0, 4, 0, 0, 0, 0],  # gap stays, tail repeats, gap included
        [0, 0, 3, 0, 5, 6, 0, 0],  # late start: all holes are closed
        [0, 0, 0, 0, 0, 0, 0, 0],
        [1, 2, 3, 4, 5, 6, 7, 8],
    ])
    filled = fill_empty_frames(frames[:, :, None, None] * np.ones((2, 3)))
    expected = [
        [1, 2, 0, 4, 1, 2, 0, 4],
        [3, 5, 6, 3, 5, 6, 3, 5],
        [0, 0, 0, 0, 0, 0, 0, 0],
        [1, 2, 3, 4, 5, 6, 7, 8],
    ]
    assert filled[:, :, 1, 2].tolist() == expected


@pytest.mark.parametrize('turn', [0.3, np.pi - 1e-3, np.pi + 1e-3, np.pi])
def test_upright_whatever_way_the_person_faces(turn, keypoint_of):
    """The trunk is turned to +z exactly, the shoulders to +x about it: the result is the same."""
    keypoint = keypoint_of() + 3.
    trunk = keypoint[0, 0, 1] - keypoint[0, 0, 0]
    about = trunk / np.linalg.norm(trunk)
    # Rodrigues' formula
    cross = np.cross(np.eye(3), about)
    rotation = np.eye(3) + np.sin(turn) * cross + (1 - np.cos(turn)) * cross @ cross
    turned = normalize_skeleton(keypoint @ rotation, **NTU, upright=True)
    np.testing.assert_allclose(turned, normalize_skeleton(keypoint, **NTU, upright=True), atol=1e-5)
    trunk = turned[0, 0, 1] - turned[0, 0, 0]
    shoulders = turned[0, 0, 8] - turned[0, 0, 4]
    np.testing.assert_allclose(trunk, [0, 0, np.linalg.norm(about * trunk[2])], atol=1e-6)
    assert abs(shoulders[1]) < 1e-6 and shoulders[0] > 0


def test_released_turn_stands_people_who_face_away_on_their_head():
    keypoint = np.ones((1, 1, 25, 3), np.float32)
    for joint, place in {0: (0, 0, -1), 1: (0, 0, 0), 4: (1, 0, -0.2), 8: (-1, 0.05, 0.2)}.items():
        keypoint[0, 0, joint] += place

    def height(upright):
        trunk = NormalizeSkeleton('nturgb+d', upright=upright)(dict(keypoint=keypoint))['keypoint']
        return (trunk[0, 0, 1] - trunk[0, 0, 0])[2]
    assert height(upright=True) == pytest.approx(1)
    assert height(upright=False) < -0.9


@pytest.mark.parametrize('target', [X_AXIS, Z_AXIS])
@pytest.mark.parametrize('angle', [1e-9, 1e-4, 1., 3., np.pi - 1e-4, np.pi - 1e-9])
def test_smallest_rotation(target, angle):
    side = np.cross(target, [0.6, 0.64, 0.48])
    side /= np.linalg.norm(side)
    source = np.cos(angle) * target + np.sin(angle) * side
    rotation = smallest_rotation(7 * source, target)
    np.testing.assert_allclose(rotation @ source, target, atol=1e-7)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1)
    # Of all rotations from source to target, the smallest turns by the angle between them.
    assert np.trace(rotation) == pytest.approx(1 + 2 * np.cos(angle), abs=1e-7)


def test_smallest_rotation_in_degenerate_cases(keypoint_of):
    np.testing.assert_array_equal(smallest_rotation(np.zeros(3), X_AXIS), np.eye(3))
    np.testing.assert_allclose(smallest_rotation(2 * Z_AXIS, Z_AXIS), np.eye(3), atol=1e-15)
    # Back to front leaves the person upright, upside down leaves its depth alone.
    np.testing.assert_allclose(smallest_rotation(-X_AXIS, X_AXIS), np.diag([-1, -1, 1]), atol=1e-15)
    np.testing.assert_allclose(smallest_rotation(-Z_AXIS, Z_AXIS), np.diag([-1, 1, -1]), atol=1e-15)
    keypoint = np.full((1, 4, 25, 3), 2, np.float32)  # all joints in one point
    np.testing.assert_array_equal(normalize_skeleton(keypoint, **NTU), np.zeros((1, 4, 25, 3)))
    keypoint = keypoint_of()
    keypoint[0] = 0  # person 0 is never there: nothing to centre on or to turn by
    np.testing.assert_allclose(normalize_skeleton(keypoint, **NTU), keypoint, atol=0)


def test_transform_cuts_padding_and_counts_frames(keypoint_of):
    keypoint = keypoint_of()
    results = NormalizeSkeleton(**NTU)(dict(keypoint=keypoint, total_frames=9))
    np.testing.assert_array_equal(results['keypoint'], normalize_skeleton(keypoint[:, :9], **NTU))
    assert results['total_frames'] == 9
    assert NormalizeSkeleton(**NTU)(dict(keypoint=keypoint))['total_frames'] == 12
    with pytest.raises(ValueError, match=r'^a sequence without frame_dir: .*\(2, 0, 25, 3\) is empty'):
        NormalizeSkeleton(**NTU)(dict(keypoint=keypoint, total_frames=0))


@pytest.mark.parametrize('arguments, joints', [
    (dict(layout='nturgb+d'), NTU),
    (dict(layout='kinect_v1'), dict(center=2, zaxis=(3, 1), xaxis=(8, 4))),
    (dict(layout='nturgb+d', center=20, xaxis=(16, 12)), dict(center=20, zaxis=(0, 1), xaxis=(16, 12))),
])
def test_layout_names_the_joints_that_are_not_given(arguments, joints, keypoint_of):
    keypoint = keypoint_of(num_joints=20 if arguments['layout'] == 'kinect_v1' else 25)
    np.testing.assert_array_equal(NormalizeSkeleton(**arguments)(dict(keypoint=keypoint))['keypoint'],
                                  normalize_skeleton(keypoint, **joints))


@pytest.mark.parametrize(('arguments', 'message'), [
    (dict(), 'layout=None, center=None, zaxis=None, xaxis=None; give a layout, or all of'),
    (dict(center=1, zaxis=(0, 1)), r'center=1, zaxis=\(0, 1\), xaxis=None; give a layout'),
    (dict(center=1, zaxis=(0, 1, 2), xaxis=(8, 4)), r'zaxis=\(0, 1, 2\), .* is a pair of joints'),
    (dict(center=-1, zaxis=(0, 1), xaxis=(8, 4)), 'center=-1, .* counted from 0'),
])
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        NormalizeSkeleton(**arguments)
    with pytest.raises(KeyError, match="'kinect'.*kinect_v1"):
        NormalizeSkeleton('kinect')


@pytest.mark.parametrize(('arguments', 'keypoint', 'message'), [
    (NTU, np.ones((12, 25, 3)), r'the shape \(12, 25, 3\)'),
    (NTU, np.ones((1, 12, 25, 2)), '2 coordinates per joint, but 3 are expected'),
    (NTU, np.ones((1, 0, 25, 3)), 'is empty'),
    (NTU, np.zeros((1, 12, 25, 3)), 'every frame of the keypoint is zero'),
    (NTU, np.full((1, 12, 25, 3), np.nan), 'NaN or infinite'),
    (NTU, np.ones((1, 12, 8, 3)), 'has 8 joints, numbered from 0, .* is to use joint 8; give'),
    (dict(layout='nturgb+d'), np.ones((1, 12, 20, 3)), '20 joints, but 25 are configured'),
])
def test_unfit_sequences(arguments, keypoint, message):
    with pytest.raises(ValueError, match=f"^sequence 'S001': .*{message}"):
        NormalizeSkeleton(**arguments)(dict(keypoint=keypoint, frame_dir='S001'))


@pytest.mark.parametrize('dtype', [np.float16, np.float32, np.float64, np.int32])
def test_single_precision(dtype):
    array = np.array([[-65504, 0.0], [3, 1024]]).astype(dtype)[:, ::-1]  # not contiguous
    converted = as_float32(array)
    assert converted.dtype == np.float32 and converted.tolist() == [[0, -65504], [1024, 3]]
    assert (converted is array) == (dtype == np.float32)  # not copied
    extremes = np.array([2**-24, np.inf, -np.inf, np.nan], np.float16)
    np.testing.assert_array_equal(as_float32(extremes), extremes.astype(np.float32))
