"""Draw a layout and what a joint map makes of it: ``python tools/visualization/plot_layout.py``."""
import argparse
from pathlib import Path

import numpy as np

from hico_mm.datasets.annotation_file import check_keypoint
from hico_mm.datasets.layouts import DIRECTIONS, LAYOUTS, SkeletonLayout, get_layout
from hico_mm.datasets.raw.npy_folder import read_array
from hico_mm.datasets.transforms.map_joints import MapJoints, find_doubts
from hico_mm.utils.errors import readable_errors
from hico_mm.visualization import add_out_argument, check_figure_path, save_figure
from hico_mm.visualization.layout_figure import draw_layouts, view_frame


def parse_args() -> argparse.Namespace:
    """Read the command line."""
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
    parser.add_argument('--axes', nargs=3, choices=sorted(DIRECTIONS), metavar=('X', 'Y', 'Z'),
                        help="where the array's axes point: left, right, up, down, away or toward")
    parser.add_argument('--scale', type=float, default=1.,
                        help="factor from the array's unit to metres, 0.001 for mm")
    add_out_argument(parser)
    return parser.parse_args()


def main() -> None:
    """Run the script."""
    args = parse_args()
    with readable_errors():
        check_figure_path(args.out)
        source, target = get_layout(args.source), get_layout(args.target)
        mapping = MapJoints(args.source, args.target, args.axes, args.scale)
        views = []
        if args.array is not None:
            keypoint = read_frame(args.array, args.frame, source)
            for doubt in find_doubts(keypoint, source, mapping.axes, mapping.scale):
                print(f'Warning: {doubt}')
            views = view_frame(keypoint, mapping)
        save_figure(draw_layouts(source, target, *views), args.out)
    for number, (name, joints) in enumerate(zip(target.joints, mapping.joints, strict=True)):
        made_of = ' + '.join(f'{joint} {source.joints[joint]}' for joint in joints)
        print(f'{number:3} {name:16} {made_of}')
    print(f'{args.out}: {args.source} to {args.target}')


def read_frame(path: Path, frame: int, layout: SkeletonLayout) -> np.ndarray:
    """Read one frame of an array, (M, 1, V, 3).

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is no such array, has no such frame or not the joints of the layout, or nobody is
            in the frame.
    """
    if not path.is_file():
        raise FileNotFoundError(f'--array {path} does not exist (looked for {path.absolute()}). Name a '
                                '.npy file.')
    keypoint = read_array(path)
    if not 0 <= frame < keypoint.shape[1]:
        raise ValueError(f'--frame {frame} is out of range: {path} has {keypoint.shape[1]} frames, '
                         'counted from 0.')
    keypoint = keypoint[:, frame:frame + 1]
    check_keypoint(keypoint, f'{path}, frame {frame}, layout {layout.name!r}', layout.num_joints, 3)
    return keypoint


if __name__ == '__main__':
    main()
