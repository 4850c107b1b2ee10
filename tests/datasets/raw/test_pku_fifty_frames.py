import math

import numpy as np
import pytest
import torch

from hico_mm.datasets.raw.pku_fifty_frames import face_camera, fifty_frames


def slow_fifty_frames(keypoint):
    """The same, frame by frame."""
    if keypoint.shape[1] > 300:
        start = (keypoint.shape[1] - 300) // 2
        keypoint = keypoint[:, start:start + 300]
    result = np.zeros((len(keypoint), 50, 25, 3))
    for person, joints in zip(result, keypoint, strict=True):
        centred = torch.tensor(np.array([frame - frame[20] for frame in joints]))
        channels = centred.reshape(len(joints), 75).T[None]
        person[:] = torch.nn.functional.interpolate(
            channels, 50, mode='linear', align_corners=False)[0].T.reshape(50, 25, 3).numpy()
        lines = [frame[8] - frame[4] for frame in person]
        sign = -1 if sum(line[2] for line in lines) >= 0 else 1
        for frame, line in zip(person, lines, strict=True):
            angle = sign * math.acos(line[0] / (math.hypot(line[0], line[2]) + 1e-4))
            rotation = np.array([[math.cos(angle), 0, -math.sin(angle)], [0, 1, 0],
                                 [math.sin(angle), 0, math.cos(angle)]])
            frame[:] = [rotation @ joint for joint in frame]
    return result


@pytest.mark.parametrize('num_frames', [1, 3, 49, 50, 120, 300, 301, 455])
def test_against_a_slow_reference(num_frames):
    steps = np.random.default_rng(num_frames).normal(size=(2, num_frames, 25, 3)) * 0.05
    keypoint = (steps.cumsum(axis=1) + [0, 0, 3]).astype(np.float32)
    keypoint[1, :num_frames // 3] = 0
    result = fifty_frames(keypoint)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, slow_fifty_frames(keypoint), atol=1e-5)


def test_each_person_is_centred_on_itself():
    keypoint = np.random.default_rng(0).normal(size=(2, 60, 25, 3)).astype(np.float32)
    result = fifty_frames(keypoint)
    np.testing.assert_allclose(result[:, :, 20], 0, atol=1e-6)
    keypoint[1] += [5, 0, 1]
    np.testing.assert_allclose(fifty_frames(keypoint), result, atol=1e-5)


@pytest.mark.parametrize('right, expected', [
    ((0, 0.5, 1), (1, 0.5, 0)),
    ((0, 0.5, -1), (1, 0.5, 0)),
    ((-0.6, 0, 0.8), (1, 0, 0)),
    ((3, 1, 4), (5, 1, 0)),
])
def test_shoulders_are_turned_to_x(right, expected):
    person = np.zeros((1, 25, 3), np.float32)
    person[0, 8] = right
    # The bound of the angle leaves the shoulders sqrt(2 * 1e-4 / length) off x at the most.
    np.testing.assert_allclose(face_camera(person)[0, 8], expected, atol=0.04)


def test_an_absent_person_stays_absent():
    assert not fifty_frames(np.zeros((1, 10, 25, 3), np.float32)).any()
