"""The figure of two layouts: the joints that there are, and those that are made of them."""
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hico_mm.datasets.layouts import SkeletonLayout
from hico_mm.datasets.transforms import MapJoints
from hico_mm.datasets.transforms.map_joints import average_joints, joint_sources, leave_origin
from hico_mm.datasets.transforms.normalize import normalize_skeleton
from hico_mm.datasets.transforms.spatial import transform_joints

from .labels import label_points
from .skeleton_drawing import FROM_THE_FRONT, draw_pose

# A person from the front, to the left of the person and up; the head is enlarged for its numbers.
POSE = dict(
    pelvis=(0, .95), lower_spine=(0, 1.06), spine=(0, 1.18), upper_spine=(0, 1.29), thorax=(0, 1.40),
    neck=(0, 1.50), head=(0, 1.68), nose=(0, 1.68),
    left_inner_eye=(.06, 1.77), left_eye=(.11, 1.79), left_outer_eye=(.16, 1.77), left_ear=(.21, 1.70),
    left_mouth=(.05, 1.58), left_collar=(.10, 1.42), left_shoulder=(.20, 1.38), left_elbow=(.38, 1.14),
    left_wrist=(.54, .93), left_hand=(.60, .85), left_tip=(.68, .74), left_thumb=(.55, .76),
    left_pinky=(.70, .82), left_index=(.65, .75), left_hip=(.11, .92), left_knee=(.15, .50),
    left_ankle=(.17, .12), left_heel=(.13, .03), left_foot=(.27, .02))
POSE |= {name.replace('left_', 'right_'): (-x, y) for name, (x, y) in POSE.items()
         if name.startswith('left_')}


def place_joints(layout: SkeletonLayout) -> np.ndarray:
    """Place the joints of a layout as those of a person seen from the front.

    Args:
        layout (SkeletonLayout): The layout; its joints have names of ``POSE``.

    Returns:
        np.ndarray: Places (V, 2).
    """
    return np.array([POSE[name] for name in layout.joints], dtype=np.float32)


def view_frame(keypoint: np.ndarray, mapping: MapJoints) -> tuple[np.ndarray, np.ndarray]:
    """Look from the front at the first person of a frame, and at what a joint map makes of it.

    Args:
        keypoint (np.ndarray): Joint coordinates (M, 1, V, 3) of the map's source.
        mapping (MapJoints): The map.

    Returns:
        tuple[np.ndarray, np.ndarray]: Places (V, 2) of the joints and (V', 2) of those made of them, to
        the left of the person and up, from the same side; NaN where a joint is missing.
    """
    source = mapping.source
    joints = leave_origin(keypoint[:1], source, mapping.offset)
    # Side by side as joints of one body, so that one turn serves both.
    both = np.concatenate([joints, average_joints(joints, mapping.joints)], axis=2)
    seen = normalize_skeleton(transform_joints(both, mapping.matrix), source.center, source.zaxis,
                              source.xaxis, upright=True)
    places = seen[0, 0][:, [0, 2]] * (-1, 1)  # x is to the right of the person
    places[~both[0, 0].any(axis=1)] = np.nan
    return places[:source.num_joints], places[source.num_joints:]


def draw_layouts(source: SkeletonLayout, target: SkeletonLayout, places: np.ndarray | None = None,
                 mapped: np.ndarray | None = None) -> Figure:
    """Draw a layout, and the layout that a joint map makes of it, with the numbers of the joints.

    Args:
        source (SkeletonLayout): Layout that there is.
        target (SkeletonLayout): Layout that is made of it.
        places (np.ndarray, optional): Places of the source's joints (V, 2). Defaults to a drawn person.
        mapped (np.ndarray, optional): Places of the target's joints (V', 2). Defaults to what follows
            from those of the source. NaN is not drawn.

    Returns:
        Figure: Two panels. Joints of the target are filled where the source has the same, hollow where
        others stand in.

    Raises:
        ValueError: If nothing stands for a joint of the target.
    """
    sources = joint_sources(source, target)
    if places is None:
        places = place_joints(source)
    if mapped is None:
        mapped = average_joints(places[None, None], sources)[0, 0]
    figure = Figure(figsize=(10, 6.4), layout='constrained')
    left, right = figure.subplots(1, 2, sharex=True, sharey=True)
    panels = [_draw(left, places, source, np.ones(len(places), bool)),
              _draw(right, mapped, target, np.array([name in source.joints for name in target.joints]))]
    figure.supxlabel(f'{FROM_THE_FRONT}. Filled: the same joint in both. Hollow: others stand in; '
                     'numbers at one place: copies.', fontsize='small')
    figure.draw_without_rendering()  # which puts everything where it stays
    for axes, numbers in zip((left, right), panels, strict=True):
        label_points(axes, numbers)
    return figure


def _draw(axes: Axes, places: np.ndarray, layout: SkeletonLayout,
          filled: np.ndarray) -> dict[tuple[float, float], str]:
    """Draw a layout, and return the numbers of the joints at each place."""
    draw_pose(axes, places[None], layout.parents)
    numbers = {}
    for joint in np.flatnonzero(np.isfinite(places).all(axis=1)).tolist():
        numbers.setdefault(tuple(places[joint].round(3).tolist()), []).append(joint)
    for place, joints in numbers.items():
        face = 'black' if filled[joints].any() else 'white'
        axes.plot(*place, marker='o', markersize=5, markerfacecolor=face, markeredgecolor='black',
                  zorder=4)  # above the numbers
    axes.set_title(f'{layout.name}: {layout.num_joints} joints')
    axes.set_aspect('equal')
    axes.set_axis_off()
    return {place: ' '.join(map(str, joints)) for place, joints in numbers.items()}
