"""Draw features by t-SNE: ``python tools/visualization/plot_tsne.py FEATURES.npz --out FILE.png``."""
import argparse

from mmengine.registry import init_default_scope

from hico_mm.utils.class_names import load_class_names, name_classes
from hico_mm.utils.errors import readable_errors
from hico_mm.visualization import add_out_argument, check_figure_path, save_figure
from hico_mm.visualization.feature_file import load_features
from hico_mm.visualization.tsne_figure import draw_tsne, embed


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description='Draw the clip and part features of each granularity and the instance feature, each '
        'laid out in the plane by t-SNE.')
    parser.add_argument('features', metavar='FEATURES.npz',
                        help='what tools/analysis/extract_features.py wrote')
    add_out_argument(parser)
    parser.add_argument('--classes', type=int, default=10,
                        help='how many classes to show, those with the lowest labels; default 10')
    parser.add_argument('--class-names', metavar='FILE',
                        help='text file with a name of a class on each line, or a config whose data set '
                        'names its classes')
    parser.add_argument('--perplexity', type=float, default=30.0,
                        help='how many neighbours of a sequence count in t-SNE; default 30')
    parser.add_argument('--seed', type=int, default=0, help='seed of t-SNE; default 0')
    return parser.parse_args()


def main() -> None:
    """Run the script."""
    args = parse_args()
    with readable_errors():
        check_figure_path(args.out)
        init_default_scope('mmaction')
        features, label = load_features(args.features, args.classes)
        names = args.class_names and name_classes(load_class_names(args.class_names), label.max() + 1)
        places = {name: embed(feature, args.perplexity, args.seed) for name, feature in features.items()}
        save_figure(draw_tsne(places, label, names), args.out)
    print(f'{args.out}: {len(label)} sequences, {len(set(label.tolist()))} classes, '
          f"{', '.join(places)}")


if __name__ == '__main__':
    main()
