"""Convert arrays that the authors' own preprocessing wrote into an annotation file.

They are normalised already: use them in pipelines without NormalizeSkeleton. Example:

    released_npy.py OUT.pkl --split xsub_train train_data_joint.npy train_label.pkl train_num_frame.npy \
        --split xsub_val val_data_joint.npy val_label.pkl val_num_frame.npy
"""
import argparse
from pathlib import Path

from hico_mm.datasets.raw.conversion import add_arguments, convert_all
from hico_mm.datasets.raw.released_arrays import convert_row, find_tasks
from hico_mm.utils.errors import readable_errors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser)
    parser.add_argument('--split', nargs='+', action='append', required=True,
                        metavar=('NAME', 'FILE'),
                        help='a split: its name, then its array (N, C, T, V, M), its labels '
                        '(a pickle of names and labels, or an array of labels) and, if there is '
                        'one, its array of numbers of frames; once for each split')
    args = parser.parse_args()
    if not all(len(split) in (3, 4) for split in args.split):
        parser.error('--split takes NAME DATA.npy LABELS [NUM_FRAMES.npy]')
    with readable_errors():
        tasks = [task for name, *paths in args.split for task in find_tasks(name, *map(Path, paths))]
        print(convert_all(convert_row, tasks, args.out, args.workers, args.strict))


if __name__ == '__main__':
    main()
