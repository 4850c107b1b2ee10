"""Draw a layout and what a joint map makes of it: ``python tools/visualization/plot_layout.py``."""
import argparse
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hico_mm.apis.recordings import add_array_arguments
from hico_mm.datasets.annotation_file import check_keypoint
from hico_mm.datasets.layouts import LAYOUTS, SkeletonLayout, get_layout
from hico_mm.datasets.raw.npy_folder import read_array
from hico_mm.datasets.transforms.map_joints import (
    MapJoints,
    average_joints,
    check_depth,
    find_doubts,
    joint_sources,
    leave_origin,
)
from hico_mm.datasets.transforms.normalize import normalize_skeleton
from hico_mm.datasets.transforms.spatial import transform_joints
from hico_mm.utils import check_file
from hico_mm.utils.errors import readable_errors
from hico_mm.visualization import figures, skeletons

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


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Draw the joints of a layout and those that a joint map makes of them, with their '
        'numbers and bones, and print which is which.')
    parser.add_argument('--from', dest='source', choices=sorted(LAYOUTS), required=True,
                        help='layout that there is')
    parser.add_argument('--to', dest='target', choices=sorted(LAYOUTS), default='nturgb+d',
                        help='layout that is wanted; default nturgb+d')
    parser.add_argument('--array', type=Path, metavar='FILE.npy', help='draw a frame of this array, '
                        '(T, V, 3) or (M, T, V, 3): are its joints in the order of the layout?')
    parser.add_argument('--frame', type=int, default=0, help='number of the frame; default 0')
    add_array_arguments(parser)
    figures.add_out_argument(parser)
    return parser.parse_args()


def read_recording(path: Path, frame: int, layout: SkeletonLayout, order: str | None) -> np.ndarray:
    """Read an array (M, T, V, 3) whose frame can be drawn."""
    check_file(path, 'Name a .npy file.', '--array')
    keypoint = read_array(path, order)
    figures.check_index('--frame', frame, keypoint.shape[1], f'frames of {path}')
    check_keypoint(keypoint[:, frame:frame + 1], f'{path}, frame {frame}, layout {layout.name!r}',
                   layout.num_joints, 3)
    check_depth(keypoint, str(path))
    return keypoint


def place_joints(layout: SkeletonLayout) -> np.ndarray:
    """Places (V, 2) of the joints of a drawn person."""
    return np.array([POSE[name] for name in layout.joints], dtype=np.float32)


def view_frame(keypoint: np.ndarray, mapping: MapJoints) -> tuple[np.ndarray, np.ndarray]:
    """Look from the front at the first person of a frame (M, 1, V, 3), and at its mapped joints.

    Returns the places (V, 2) and (V', 2), to the left of the person and up; NaN for missing joints.
    """
    source = mapping.source
    joints = leave_origin(keypoint[:1], source, mapping.offset)
    # Side by side as joints of one body, so that one turn serves both.
    both = np.concatenate([joints, average_joints(joints, mapping.joints)], axis=2)  # (1, 1, V + V', 3)
    seen = normalize_skeleton(transform_joints(both, mapping.matrix), source.center, source.zaxis,
                              source.xaxis, upright=True)
    places = seen[0, 0][:, [0, 2]] * (-1, 1)  # x is to the right of the person
    places[~both[0, 0].any(axis=1)] = np.nan
    return places[:source.num_joints], places[source.num_joints:]


def draw_layouts(source: SkeletonLayout, target: SkeletonLayout, places: np.ndarray | None = None,
                 mapped: np.ndarray | None = None) -> Figure:
    """Draw a layout and what a joint map makes of it: places (V, 2) and (V', 2), or a drawn person."""
    if places is None:
        places = place_joints(source)
        mapped = average_joints(places[None, None], joint_sources(source, target))[0, 0]
    figure = Figure(figsize=(10, 6.4), layout='constrained')
    left, right = figure.subplots(1, 2, sharex=True, sharey=True)
    panels = [_draw(left, places, source, np.ones(len(places), bool)),
              _draw(right, mapped, target, np.array([name in source.joints for name in target.joints]))]
    figure.supxlabel(f'{skeletons.caption(source.parents)}\nFilled: the same joint in both. Hollow: '
                     'others stand in. Several numbers at one place: copies.', fontsize='small')
    figure.draw_without_rendering()  # which puts everything where it stays
    for axes, numbers in zip((left, right), panels, strict=True):
        figures.label_points(axes, numbers)
    return figure


def _draw(axes: Axes, places: np.ndarray, layout: SkeletonLayout,
          filled: np.ndarray) -> dict[tuple[float, float], str]:
    """Draw a layout, and return the numbers of the joints at each place."""
    skeletons.draw_pose(axes, places[None], layout.parents)
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


def main() -> None:
    args = parse_args()
    with readable_errors():
        figures.check_path(args.out)
        source, target = get_layout(args.source), get_layout(args.target)
        mapping = MapJoints(args.source, args.target, args.axes, args.scale)
        views = []
        if args.array is not None:
            keypoint = read_recording(args.array, args.frame, source, args.order)
            for doubt in find_doubts([keypoint], source, mapping.axes, mapping.scale):
                print(f'Warning: {doubt}')
            views = view_frame(keypoint[:, args.frame:args.frame + 1], mapping)
        figures.save(draw_layouts(source, target, *views), args.out)
    for number, (name, joints) in enumerate(zip(target.joints, mapping.joints, strict=True)):
        made_of = ' + '.join(f'{joint} {source.joints[joint]}' for joint in joints)
        print(f'{number:3} {name:16} {made_of}')
    print(f'{args.out}: {args.source} to {args.target}')


if __name__ == '__main__':
    main()
