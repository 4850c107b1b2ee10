"""Draw accuracy over cost: ``python tools/visualization/plot_costs.py RESULTS.json --out cost.png``."""
import argparse

from hico_mm.benchmark.comparison import COSTS, title_of
from hico_mm.utils.errors import readable_errors
from hico_mm.visualization import add_out_argument, check_figure_path, save_figure
from hico_mm.visualization.cost_figure import draw_cost, load_points


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description='Draw the accuracy of encoders over what they cost, a point for each.')
    parser.add_argument('results', metavar='RESULTS.json', help='what tools/analysis/benchmark.py wrote')
    parser.add_argument('--y', default='linear', metavar='TASK',
                        help='accuracy: linear, knn, semi_0.1, finetune or supervised; default: linear')
    parser.add_argument('--x', choices=COSTS, default='multiply_adds',
                        help='cost; default: multiply_adds')
    parser.add_argument('--configs', nargs='+', metavar='NAME',
                        help='draw these alone, such as those of one data set; default: all')
    add_out_argument(parser)
    return parser.parse_args()


def main() -> None:
    """Run the script."""
    args = parse_args()
    with readable_errors():
        check_figure_path(args.out)
        points = load_points(args.results, args.x, args.y, args.configs)
        save_figure(draw_cost(points, args.x, args.y), args.out)
    print(f'{args.out}: {title_of(args.y)} over {title_of(args.x)} of {len(points)} encoders')


if __name__ == '__main__':
    main()
