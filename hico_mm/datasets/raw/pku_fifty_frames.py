"""The 50-frame form of PKU-MMD that the paper's experiments used."""
import numpy as np

from ..transforms.temporal import resize_frames

NUM_FRAMES = 50
MAX_FRAMES = 300
CENTER = 20  # spine between the shoulders
LEFT_SHOULDER, RIGHT_SHOULDER = 4, 8
EPS = 1e-4


def fifty_frames(keypoint: np.ndarray) -> np.ndarray:
    """Centre each person on itself, resize to 50 frames, and turn each frame to the front.

    The distance of two persons is lost. Of more than 300 frames the middle ones are taken.

    Args:
        keypoint (np.ndarray): Joint coordinates (M, T, V=25, 3).

    Returns:
        np.ndarray: Joint coordinates (M, 50, V, 3), float32.
    """
    start = max(keypoint.shape[1] - MAX_FRAMES, 0) // 2
    keypoint = keypoint[:, start:start + MAX_FRAMES]
    keypoint = resize_frames(keypoint - keypoint[:, :, CENTER, None], NUM_FRAMES)
    return np.stack([face_camera(person) for person in keypoint])


def face_camera(person: np.ndarray) -> np.ndarray:
    """Turn each frame about the vertical axis, so that the shoulders are along x.

    As in the data that the paper's experiments used, all frames are turned in the direction that
    suits their sum, and the angle is bounded from 0 by EPS: shoulders are not exactly along x.

    Args:
        person (np.ndarray): Joint coordinates (T, V, 3), y upwards.

    Returns:
        np.ndarray: Joint coordinates (T, V, 3), float32.
    """
    shoulders = person[:, RIGHT_SHOULDER] - person[:, LEFT_SHOULDER]  # (T, 3)
    x, z = shoulders[:, 0], shoulders[:, 2]
    angle = np.arccos(x / (np.hypot(x, z) + EPS))
    if z.sum() >= 0:
        angle = -angle
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]  # (T, 1)
    x, y, z = np.moveaxis(person, -1, 0)  # each (T, V)
    return np.stack([cos * x - sin * z, y, sin * x + cos * z], axis=-1).astype(np.float32)
