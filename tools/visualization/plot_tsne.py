"""Draw features by t-SNE: ``python tools/visualization/plot_tsne.py FEATURES.npz --out FILE.png``."""
import argparse
import math
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from mmengine.registry import init_default_scope

from hico_mm.evaluation.functional import read_feature_file, read_granularities
from hico_mm.utils.errors import readable_errors
from hico_mm.visualization import figures

# Of the classes, told apart without colour, too; as their numbers have no common divisor, 110 pairs.
COLOURS = [f'C{number}' for number in range(10)]
MARKERS = 'os^v<>DPX*p'


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Draw the clip and part features of each granularity and the instance feature, each '
        'laid out in the plane by t-SNE.')
    parser.add_argument('features', metavar='FEATURES.npz',
                        help='what tools/analysis/extract_features.py wrote')
    figures.add_out_argument(parser)
    parser.add_argument('--classes', type=int, default=10,
                        help='how many classes to show, those with the lowest labels; default 10')
    figures.add_class_names_argument(parser)
    parser.add_argument('--perplexity', type=float, default=30.0,
                        help='how many neighbours of a sequence count in t-SNE; default 30')
    parser.add_argument('--seed', type=int, default=0, help='seed of t-SNE; default 0')
    return parser.parse_args()


def embed(features: np.ndarray, perplexity: float = 30.0, seed: int = 0) -> np.ndarray:
    """Places (N, 2) of features (N, D) by t-SNE (van der Maaten and Hinton 2008), from their PCA.

    Neither distances nor directions between clusters mean anything.
    """
    try:
        from sklearn.manifold import TSNE
    except ImportError as error:
        raise ImportError('t-SNE needs scikit-learn. Install it: pip install -e ".[figures]"') from error
    if not 0 < perplexity < len(features):
        raise ValueError(f'perplexity={perplexity} has to be above 0 and below the {len(features)} '
                         'sequences. Lower --perplexity or show more classes by --classes.')
    return TSNE(perplexity=perplexity, init='pca', random_state=seed).fit_transform(features)


def draw_tsne(places: dict[str, np.ndarray], label: np.ndarray, names: Sequence[str]) -> Figure:
    """Draw a row of clip features, a row of part features, and to their right the instance feature.

    ``places`` (N, 2) go by the name of the feature; ``label`` (N, ) is -1 for sequences without.
    """
    levels = [[name for name in places if name.startswith(level)] for level in ('clip', 'part')]
    rows = [row for row in levels if row] or [[]]
    mosaic = [row + ['instance'] * len(rows) for row in rows]  # as wide as it is high
    size = 2.2 if rows[0] else 3.2  # of a panel, in inches
    classes = np.unique(label)
    entries = ['no label' if value < 0 else names[value] for value in classes]
    columns = math.ceil(len(classes) / (8 * len(mosaic)))  # of the legend
    width = 0.45 + 0.075 * max(map(len, entries))  # of a column
    figure = Figure(figsize=(size * len(mosaic[0]) + width * columns + 0.4, size * len(mosaic)),
                    layout='constrained')
    for name, axes in figure.subplot_mosaic(mosaic).items():
        for number, value in enumerate(classes):
            x, y = places[name][label == value].T
            axes.scatter(x, y, s=12, linewidths=0, color=COLOURS[number % len(COLOURS)],
                         marker=MARKERS[number % len(MARKERS)], label=entries[number])
        axes.set_title(name.replace('_', ' '), fontsize='medium')
        axes.set_xticks([])  # t-SNE has no units
        axes.set_yticks([])
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, title='class', loc='outside right center', markerscale=1.6,
                  ncols=columns, fontsize='small', columnspacing=1, handletextpad=0.2)
    return figure


def main() -> None:
    args = parse_args()
    with readable_errors():
        figures.check_path(args.out)
        init_default_scope('mmaction')
        features, label = read_granularities(args.features, args.classes)
        arrays = read_feature_file(args.features)
        names = figures.class_names(args.class_names, 1 + label.max(), [arrays])
        places = {name: embed(feature, args.perplexity, args.seed) for name, feature in features.items()}
        figures.save(draw_tsne(places, label, names), args.out)
    print(f'{args.out}: {len(label)} sequences, {len(set(label.tolist()))} classes, '
          f"{', '.join(places)}")


if __name__ == '__main__':
    main()
