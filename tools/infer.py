"""Run a trained encoder on skeleton recordings: ``python tools/infer.py CONFIG CHECKPOINT INPUT``.

Prints class scores (with a task's config), nearest neighbours (with --gallery), or features.
"""
import argparse
import json
import os.path as osp
import sys
from collections.abc import Iterator

import numpy as np

from hico_mm.apis import SkeletonInferencer
from hico_mm.apis.recordings import add_array_arguments
from hico_mm.apis.results import check_result_path, write_results
from hico_mm.datasets.layouts import LAYOUTS
from hico_mm.utils import OptionsAction, check_writable, load_config
from hico_mm.utils.errors import readable_errors

STREAM = '-'


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[-1])
    parser.add_argument('config', help='config of a pre-training, or of a task for class scores')
    parser.add_argument('checkpoint', help="its checkpoint; 'none' for the untrained encoder")
    parser.add_argument('input', help='annotation pickle, .npy array (T, V, C) or (M, T, V, C), '
                        f".skeleton file, or '{STREAM}' for frames from standard input: a line of JSON, "
                        '(V, C) or (M, V, C), for each')
    parser.add_argument('--split', help='split of the annotation pickle; default all of it')
    parser.add_argument('--from', dest='source', choices=sorted(LAYOUTS),
                        help="layout of the input, if it is not the encoder's")
    parser.add_argument('--to', dest='target', choices=sorted(LAYOUTS),
                        help='layout of the encoder, if its config does not name it')
    add_array_arguments(parser)
    parser.add_argument('--window', type=int, help='frames of a window; default the whole recording')
    parser.add_argument('--stride', type=int, help='frames from one window to the next; default half')
    parser.add_argument('--fill-gaps', type=int, default=0, metavar='N',
                        help='interpolate NaN linearly where at most N frames in a row have them')
    parser.add_argument('--gallery', help='annotation pickle or .npz of features: where to look for '
                        'neighbours')
    parser.add_argument('--gallery-split', help="split of the gallery's annotation pickle")
    parser.add_argument('-k', type=int, default=5, help='number of neighbours; default 5')
    parser.add_argument('--top', type=int, default=5, help='classes and neighbours to print; default 5')
    parser.add_argument('--out', metavar='FILE', help='.json for classes and neighbours, .npz for '
                        'features and scores')
    parser.add_argument('--device', help='such as cpu or cuda:1; default a GPU if there is one')
    parser.add_argument('--cfg-options', nargs='+', action=OptionsAction, metavar='KEY=VALUE',
                        help='settings that override the config')
    return parser.parse_args(argv)


def read_frames() -> Iterator[np.ndarray]:
    """Read frames from standard input; blank lines are left out."""
    for number, line in enumerate(sys.stdin, start=1):
        if not line.strip():
            continue
        try:
            yield np.array(json.loads(line), dtype=np.float32)
        except (ValueError, TypeError) as error:
            raise ValueError(f'Line {number} of the standard input is no frame in JSON, such as [[x, y, '
                             f'z], ...] with a triple for each joint: {error}') from error


def infer(args: argparse.Namespace) -> None:
    """Print the result of each window, and write all, also if the input ends by an error."""
    cfg = load_config(args.config, args.cfg_options)
    checkpoint = None if args.checkpoint == 'none' else args.checkpoint
    model = SkeletonInferencer(
        cfg, checkpoint, args.gallery, gallery_split=args.gallery_split, source=args.source,
        target=args.target, axes=args.axes, scale=args.scale, window=args.window, stride=args.stride,
        order=args.order, fill_gaps=args.fill_gaps, k=args.k, device=args.device)
    if args.out is not None:
        check_result_path(args.out, model.has_head or model.gallery is not None)
    stream = args.input == STREAM
    result, kept = None, []
    try:
        results = model.stream(read_frames()) if stream else model(args.input, args.split)
        for result in results:
            print(result.describe(args.top), flush=stream)
            if args.out is not None:  # a stream may have no end
                kept.append(result)
    finally:
        if kept:
            write_results(kept, args.out, model.fingerprint)
            print(f'{args.out}: {len(kept)} results')
    if result is None:
        raise ValueError(f'No window of {args.input} shows a person. Take a smaller stride.')


def main() -> None:
    args = parse_args()
    with readable_errors():
        if args.out is not None:
            check_writable(osp.dirname(osp.abspath(args.out)), '--out')
        infer(args)


if __name__ == '__main__':
    main()
