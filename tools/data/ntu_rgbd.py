"""Convert the skeletons of NTU RGB+D 60 or 120 into an annotation file.

The folder holds the publisher's .skeleton files, for 120 those of both archives.
"""
import argparse
from functools import partial
from pathlib import Path

from hico_mm.datasets.raw.conversion import add_arguments, convert_all
from hico_mm.datasets.raw.ntu_rgbd import BENCHMARKS, PERSONS, convert_recording, find_tasks
from hico_mm.utils.errors import readable_errors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('raw_dir', type=Path, help='folder of .skeleton files')
    add_arguments(parser)
    parser.add_argument('--benchmark', type=int, choices=BENCHMARKS, default=60,
                        help='number of classes (default: 60)')
    parser.add_argument('--missing-list', type=Path, nargs='+', action='extend', default=[],
                        metavar='FILE', help="the publisher's lists of recordings with missing "
                        'skeletons, which are left out')
    parser.add_argument('--persons', choices=PERSONS, default='protocol',
                        help='what makes a person of the bodies in the frames: their position in the '
                        "frame, as in the paper's experiments (protocol), their id (track), or their id "
                        "without false bodies such as furniture, by the rules behind MMAction2's files "
                        '(denoised)')
    args = parser.parse_args()
    with readable_errors():
        tasks, left_out = find_tasks(args.raw_dir, args.benchmark, args.missing_list)
        convert = partial(convert_recording, benchmark=args.benchmark, persons=args.persons)
        print(convert_all(convert, tasks, args.out, args.workers, args.strict, left_out))


if __name__ == '__main__':
    main()
