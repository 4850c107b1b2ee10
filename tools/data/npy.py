"""Make an annotation file out of a folder of arrays: CLASS/NAME.npy, or NAME.npy without labels.

An array is (T, V, 3), or (M, T, V, 3) with several persons. The annotation file has the splits train and
val; it serves as a gallery, with --config for retrieval, probes and fine-tuning, and with --pretrain for
pre-training.
"""
import argparse
from pathlib import Path

from hico_mm.datasets import write_annotation_file
from hico_mm.datasets.joint_maps import DIRECTIONS
from hico_mm.datasets.layouts import LAYOUTS, get_layout
from hico_mm.datasets.raw.npy_folder import read_sequences, split_by_class
from hico_mm.datasets.transforms import MapJoints
from hico_mm.inference.own_config import config_path, write_own_config
from hico_mm.utils import check_writable
from hico_mm.utils.errors import readable_errors


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('folder', type=Path, help='folder of arrays')
    parser.add_argument('out', type=Path, help='annotation file to write, a .pkl')
    parser.add_argument('--from', dest='source', choices=sorted(LAYOUTS), help='layout of the arrays')
    parser.add_argument('--to', dest='target', choices=sorted(LAYOUTS),
                        help='layout to map them to, that of the encoder; default none')
    parser.add_argument('--axes', nargs=3, choices=sorted(DIRECTIONS), metavar=('X', 'Y', 'Z'),
                        help='where the axes of the arrays point, as the camera sees them: left, right, '
                        'up, down, away or toward; default as usual for the layout')
    parser.add_argument('--scale', type=float, default=1., help='factor to metres, 0.001 for mm')
    parser.add_argument('--val', type=float, default=0.2, metavar='SHARE',
                        help='share of each class for validation; default 0.2')
    parser.add_argument('--seed', type=int, default=0, help='seed of the split; default 0')
    parser.add_argument('--config', metavar='BASE', help='pre-training config: writes, beside the '
                        'annotation file, a config of its encoder on these sequences')
    parser.add_argument('--pretrain', action='store_true', help='with --config: pre-train on these '
                        'sequences, instead of taking the encoder that BASE pre-trains')
    args = parser.parse_args()
    if args.source is None and (args.target or args.axes or args.scale != 1):
        parser.error('--to, --axes and --scale need --from, the layout of the arrays')
    if args.pretrain and args.config is None:
        parser.error('--pretrain needs --config, the pre-training config to start from')
    if args.out.suffix != '.pkl':
        parser.error(f'OUT is {args.out}, but MMAction2 reads annotation files that end with .pkl')
    return args


def main() -> None:
    """Run the script."""
    args = parse_args()
    with readable_errors():
        check_writable(str(args.out.parent), 'OUT')
        layout = args.source and get_layout(args.source)
        mapping = None
        if layout is not None:
            mapping = MapJoints(args.source, args.target or args.source, args.axes, args.scale)
        annotations, classes = read_sequences(args.folder, layout, mapping)
        splits = split_by_class(annotations, args.val, args.seed)
        num_joints = annotations[0]['keypoint'].shape[2]
        if args.config is not None:
            write_own_config(config_path(args.out), args.config, str(args.out), classes, num_joints,
                             len(splits['train']) if args.pretrain else None)
        write_annotation_file(str(args.out), splits, dtype='float32')
    sizes = ', '.join(f'{name} {len(split)}' for name, split in splits.items())
    print(f'{args.out}: sequences: {sizes}; joints: {num_joints}; '
          f'classes: {", ".join(classes) or "none"}')
    if args.config is not None:
        pretraining = 'tools/train.py, ' if args.pretrain else ''
        print(f'{config_path(args.out)}: the config of {pretraining}tools/train.py --task and '
              'tools/test.py on them')


if __name__ == '__main__':
    main()
