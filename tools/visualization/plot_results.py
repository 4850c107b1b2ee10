"""Draw Figure 3 or 4 of the paper: ``python tools/visualization/plot_results.py RESULTS.json``."""
import argparse

from hico_mm.utils.errors import readable_errors
from hico_mm.visualization import add_out_argument, check_figure_path, save_figure
from hico_mm.visualization.result_figures import draw_granularities, draw_streams
from hico_mm.visualization.result_rows import load_rows, select_rows


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description='Draw linear evaluation of pre-trained encoders, as in Figure 3 or 4 of the paper.')
    parser.add_argument('results', metavar='RESULTS.json', help='what tools/analysis/benchmark.py wrote')
    parser.add_argument('--figure', type=int, choices=[3, 4], required=True,
                        help='3: joint, motion, bone and their fusion; 4: number of granularities')
    parser.add_argument('--base', nargs='+', metavar='NAME',
                        help='configs of which variations are compared, such as hico_ntu60 with '
                        'hico_ntu60_bone; by default all that have some in the file')
    add_out_argument(parser)
    return parser.parse_args()


def main() -> None:
    """Run the script."""
    args = parse_args()
    with readable_errors():
        check_figure_path(args.out)
        groups = select_rows(load_rows(args.results), args.figure, args.base)
        save_figure(draw_streams(groups) if args.figure == 3 else draw_granularities(groups), args.out)
    print(f"{args.out}: Figure {args.figure} of {', '.join(groups)}")


if __name__ == '__main__':
    main()
