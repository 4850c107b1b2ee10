"""The figure of features in the plane, by t-SNE."""
import math
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

# Of the classes, told apart without colour too; as their numbers have no common divisor, 110 pairs.
COLOURS = [f'C{number}' for number in range(10)]
MARKERS = 'os^v<>DPX*p'


def embed(features: np.ndarray, perplexity: float = 30.0, seed: int = 0) -> np.ndarray:
    """Lay features out in the plane by t-SNE (van der Maaten and Hinton 2008), from their PCA.

    Args:
        features (np.ndarray): (N, D).
        perplexity (float): How many neighbours count, below N. Defaults to 30.
        seed (int): Seed of what PCA and t-SNE draw. Defaults to 0.

    Returns:
        np.ndarray: Places, (N, 2). Neither distances nor directions between clusters mean anything.

    Raises:
        ImportError: scikit-learn is not installed.
        ValueError: The perplexity is not between 0 and N.
    """
    try:
        from sklearn.manifold import TSNE
    except ImportError as error:
        raise ImportError('t-SNE needs scikit-learn. Install it: pip install -e ".[figures]"') from error
    if not 0 < perplexity < len(features):
        raise ValueError(f'perplexity={perplexity} has to be above 0 and below the {len(features)} '
                         'sequences. Lower --perplexity or show more classes by --classes.')
    return TSNE(perplexity=perplexity, init='pca', random_state=seed).fit_transform(features)


def draw_tsne(places: dict[str, np.ndarray], label: np.ndarray,
              names: Sequence[str] | None = None) -> Figure:
    """Draw embedded features in the colours of their classes.

    Args:
        places (dict[str, np.ndarray]): Places, (N, 2), by name of the feature: ``'clip_1'``,
            ``'part_1'`` and so on, if any, and ``'instance'``.
        label (np.ndarray): Labels, (N, ).
        names (Sequence[str], optional): Names of the classes. Defaults to their labels.

    Returns:
        Figure: A row of clip features, a row of part features, and to their right the instance
        feature, a panel each.
    """
    levels = [[name for name in places if name.startswith(level)] for level in ('clip', 'part')]
    rows = [row for row in levels if row] or [[]]
    mosaic = [row + ['instance'] * len(rows) for row in rows]  # as wide as it is high
    size = 2.2 if rows[0] else 3.2  # of a panel, in inches
    classes = np.unique(label)
    entries = [str(value) if names is None else names[value] for value in classes]
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
