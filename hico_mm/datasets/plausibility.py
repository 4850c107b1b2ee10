"""What makes skeletons doubtful that no check of shapes can see: unit, sides and order of the joints."""
from collections.abc import Sequence

import numpy as np

from .joint_maps import directions
from .layouts import SkeletonLayout

HEIGHT = (0.5, 3.)  # metres; a crouching child, an upright person with raised arms
MIRRORED = -0.05
# In 516 sequences of four Kinect sets at most 1.54; in h36m's order taken for coco's at least 1.67.
ASYMMETRIC = 1.6
LIMBS = (('shoulder', 'elbow'), ('elbow', 'wrist'), ('hip', 'knee'), ('knee', 'ankle'))
TRUNK = ('left_hip', 'right_hip', 'left_shoulder', 'right_shoulder')
# (joints, joints behind them): toes before ankles, nose before ears, bent elbows behind wrists and
# shoulders. The first that a layout has is the one that tells most.
FRONTS = [
    (('left_foot', 'right_foot'), ('left_ankle', 'right_ankle')),
    (('nose', ), ('left_ear', 'right_ear')),
    (('left_wrist', 'right_wrist', 'left_shoulder', 'right_shoulder'), ('left_elbow', 'right_elbow')),
]


def find_doubts(keypoint: np.ndarray, layout: SkeletonLayout, axes: Sequence[str] | None = None,
                scale: float = 1.) -> list[str]:
    """Look for signs of another unit, exchanged sides, or another layout.

    Args:
        keypoint (np.ndarray): Joint coordinates (M, T, V, 3), zeros where a joint is missing.
        layout (SkeletonLayout): Their layout.
        axes (Sequence[str], optional): Where x, y and z point. Defaults to the layout's.
        scale (float): Factor to metres. Defaults to 1.

    Returns:
        list[str]: A sentence for each.
    """
    doubts = []
    height = scale * body_height(keypoint)
    if not HEIGHT[0] <= height <= HEIGHT[1]:
        doubts.append(f'A body measures about {height:.3g} metres; if the unit is another one, give the '
                      'factor to metres as scale (0.001 for millimetres).')
    if sidedness(keypoint, layout, axes or layout.axes) < MIRRORED:
        doubts.append(f'By front, left and right the bodies look mirrored; say by axes where x, y and z '
                      f'point (taken for {" ".join(axes or layout.axes)}), and compare the order of the '
                      f'joints with {layout.name!r}.')
    ratio = asymmetry(keypoint, layout)
    if ratio > ASYMMETRIC:
        doubts.append(f'A bone of one side is {ratio:.3g} times as long as that of the other; compare '
                      f'the order of the joints with {layout.name!r}.')
    return doubts


def body_height(keypoint: np.ndarray) -> float:
    """Median over the frames of the largest extent of a body along an axis."""
    bodies = keypoint.reshape(-1, *keypoint.shape[2:]).astype(np.float64)  # (M * T, V, 3)
    bodies = bodies[bodies.any(axis=(1, 2))]
    missing = ~bodies.any(axis=2, keepdims=True)
    extent = np.where(missing, -np.inf, bodies).max(1) - np.where(missing, np.inf, bodies).min(1)
    return float(np.median(extent.max(axis=1)))


def asymmetry(keypoint: np.ndarray, layout: SkeletonLayout) -> float:
    """Compare the limbs of left and right.

    Args:
        keypoint (np.ndarray): Joint coordinates (M, T, V, 3), zeros where a joint is missing.
        layout (SkeletonLayout): Their layout.

    Returns:
        float: Largest ratio, 1 or more, of the median lengths of a bone on both sides; 1 if there is
        none on both.
    """
    bodies = keypoint.reshape(-1, *keypoint.shape[2:]).astype(np.float64)
    ratios = [1.]
    for limb in LIMBS:
        left, right = (_length(bodies, layout, *(f'{side}_{joint}' for joint in limb))
                       for side in ('left', 'right'))
        if left is not None and right is not None:
            ratios.append(max(left, right) / max(min(left, right), 1e-9))
    return float(max(ratios))


def _length(bodies: np.ndarray, layout: SkeletonLayout, *ends: str) -> float | None:
    """Median length of a bone in the frames (T, V, 3) that have it; None if there is none."""
    if not set(ends) <= set(layout.joints):
        return None
    first, second = (bodies[:, layout.joints.index(name)] for name in ends)
    there = first.any(axis=1) & second.any(axis=1)
    return np.median(np.linalg.norm((first - second)[there], axis=1)) if there.any() else None


def sidedness(keypoint: np.ndarray, layout: SkeletonLayout, axes: Sequence[str]) -> float:
    """Compare the person's left and right with up and front.

    Args:
        keypoint (np.ndarray): Joint coordinates (M, T, V, 3).
        layout (SkeletonLayout): Their layout.
        axes (Sequence[str]): Where x, y and z point.

    Returns:
        float: Mean triple product of the directions to the right, to the front and up, over the size of
        the trunk: clearly positive for a body, negative for its mirror image, 0 if it cannot be told.
    """
    bodies = keypoint.reshape(-1, *keypoint.shape[2:]).astype(np.float64)
    for front, back in FRONTS:
        if {*TRUNK, *front, *back} <= set(layout.joints):
            places = {name: bodies[:, layout.joints.index(name)] for name in {*TRUNK, *front, *back}}
            complete = np.all([place.any(axis=1) for place in places.values()], axis=0)
            product = _triple_product({name: place[complete] for name, place in places.items()},
                                      front, back) if complete.any() else 0.
            if product:  # a layout may have toes that are copies of the ankles
                return float(product * np.linalg.det(directions(axes)))
    return 0.


def _triple_product(places: dict[str, np.ndarray], front: Sequence[str], back: Sequence[str]) -> float:
    """Mean triple product in a right-handed system, from the places (frames, 3) of joints."""
    def mean(*names: str) -> np.ndarray:
        return np.mean([places[name] for name in names], axis=0)

    right = mean('right_hip', 'right_shoulder') - mean('left_hip', 'left_shoulder')
    up = mean('left_shoulder', 'right_shoulder') - mean('left_hip', 'right_hip')
    forward = mean(*front) - mean(*back)
    size = np.linalg.norm(up, axis=1).mean()**2 * np.linalg.norm(right, axis=1).mean()
    return (np.cross(right, forward) * up).sum(axis=1).mean() / max(size, 1e-12)
