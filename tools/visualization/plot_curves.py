"""Draw the curves of a training: ``python tools/visualization/plot_curves.py WORK_DIR``."""
import argparse

from hico_mm.benchmark.run_log import read_curves
from hico_mm.utils.errors import readable_errors
from hico_mm.visualization import add_out_argument, check_figure_path, save_figure
from hico_mm.visualization.curve_figure import draw_curves


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description='Draw what runs logged: in one panel training, in the other validation.')
    parser.add_argument('runs', nargs='+', metavar='WORK_DIR',
                        help='folder of a run, with all times it was resumed, or one scalars.json')
    parser.add_argument('--keys', nargs='+', metavar='KEY',
                        help='what to draw, such as loss_clip or knn/top1; by default the losses of all '
                        'levels, and knn/top1 or acc/top1')
    add_out_argument(parser)
    return parser.parse_args()


def main() -> None:
    """Run the script."""
    args = parse_args()
    with readable_errors():
        check_figure_path(args.out)
        runs = {path: read_curves(path) for path in args.runs}
        save_figure(draw_curves(runs, args.keys), args.out)
    print(f"{args.out}: curves of {', '.join(args.runs)}")


if __name__ == '__main__':
    main()
