"""Fuse the class scores of several streams: ``python tools/analysis/fuse_scores.py A.pkl B.pkl``."""
import argparse
import os.path as osp
import pickle

from hico_mm.evaluation.functional import dump_accuracy, fuse_scores, load_score_dump
from hico_mm.utils import atomic_write, check_writable
from hico_mm.utils.errors import readable_errors


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Fuse streams by the weighted mean of their logits, and measure each of them '
        'and the fusion.')
    parser.add_argument('dumps', nargs='+', metavar='FILE.pkl',
                        help='what tools/test.py --dump wrote for each stream, in any order')
    parser.add_argument('--weights', nargs='+', type=float, metavar='W',
                        help='a weight for each file; equal ones by default, as in Figure 3. Another '
                        'published weighting is 0.6 (joint), 0.6 (bone), 0.4 (motion). Choose weights '
                        'beforehand or on training data, never on the test labels')
    parser.add_argument('--out', metavar='FUSED.pkl',
                        help='write the fused predictions, in the form of the files read')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    with readable_errors():
        if args.out is not None:
            check_writable(osp.dirname(osp.abspath(args.out)), '--out')
        dumps = [load_score_dump(path) for path in args.dumps]
        fused = fuse_scores(dumps, args.weights, args.dumps)
    weights = ':'.join(f'{weight:g}' for weight in args.weights or [1] * len(dumps))
    rows = [*zip(args.dumps, dumps, strict=True), (f'fused {weights}', fused)]
    width = max(len(name) for name, _ in rows)
    print(f"{'':{width}}  top-1 %  top-5 %  mean class %  of {len(fused)} sequences")
    for name, dump in rows:
        top1, top5, mean1 = (100 * dump_accuracy(dump)[key] for key in ('top1', 'top5', 'mean1'))
        print(f'{name:{width}}  {top1:7.2f}  {top5:7.2f}  {mean1:12.2f}')
    if args.out is not None:
        with atomic_write(args.out) as file:
            pickle.dump(fused, file)
        print(f'Predictions: {args.out}')


if __name__ == '__main__':
    main()
