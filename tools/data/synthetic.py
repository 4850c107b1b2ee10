"""Write fabricated recordings, to try what is done with one's own: FOLDER/CLASS/NAME.npy."""
import argparse
from pathlib import Path

import numpy as np

from hico_mm.datasets.layouts import LAYOUTS
from hico_mm.datasets.synthetic import ACTIONS, make_sequences
from hico_mm.datasets.transforms import MapJoints
from hico_mm.utils import atomic_write
from hico_mm.utils.errors import readable_errors


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('folder', type=Path, help='folder to write to')
    parser.add_argument('--layout', choices=sorted(LAYOUTS), default='h36m',
                        help='joints of the recordings; default h36m')
    parser.add_argument('--number', type=int, default=48, help='how many; default 48')
    parser.add_argument('--classes', type=int, default=4, help='of how many actions; default 4')
    parser.add_argument('--new', type=Path, metavar='FILE.npy', help='one more, of another person')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    to_layout = MapJoints('nturgb+d', args.layout)
    with readable_errors():
        for path in filter(None, (args.folder, args.new)):
            if path.exists():  # it may hold real ones
                raise ValueError(f'{path} exists already. Name another one, or remove it.')
        files = {args.folder / list(ACTIONS)[sequence['label']] / f'{number}.npy': sequence for
                 number, sequence in enumerate(make_sequences(args.number, num_classes=args.classes))}
        if args.new is not None:
            files[args.new], = make_sequences(1, 'val')
        for path, sequence in files.items():
            with atomic_write(str(path)) as file:
                np.save(file, to_layout(sequence)['keypoint'][0])  # (T, V, 3)
    print(f'{args.folder}: {args.number} recordings of {args.classes} classes, {args.layout}')


if __name__ == '__main__':
    main()
