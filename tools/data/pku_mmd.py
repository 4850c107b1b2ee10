"""Convert PKU-MMD I or II into an annotation file."""
import argparse
from functools import partial
from pathlib import Path

from hico_mm.datasets.raw.conversion import add_arguments, convert_all
from hico_mm.datasets.raw.pku_mmd import FORMS, convert_video, find_tasks
from hico_mm.utils.errors import readable_errors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('skeleton_dir', type=Path, help='folder of skeleton files')
    parser.add_argument('label_dir', type=Path, help='folder of label files')
    parser.add_argument('split_file', type=Path,
                        help="the publisher's list, such as cross-subject.txt")
    add_arguments(parser)
    parser.add_argument('--benchmark', choices=['xsub', 'xview'], default='xsub',
                        help='what the list splits by, which begins the names of the splits '
                        '(default: xsub)')
    parser.add_argument('--form', choices=FORMS, default='ntu',
                        help='ntu: coordinates as they are, at most 300 frames, for the pipelines of '
                        'NTU RGB+D; 50frames: each person centred, 50 frames, each turned to the '
                        "front, as in the paper's experiments, for pipelines without "
                        'NormalizeSkeleton (default: ntu)')
    args = parser.parse_args()
    with readable_errors():
        tasks, left_out = find_tasks(args.skeleton_dir, args.label_dir, args.split_file,
                                     args.benchmark)
        convert = partial(convert_video, form=args.form)
        print(convert_all(convert, tasks, args.out, args.workers, args.strict, left_out))


if __name__ == '__main__':
    main()
