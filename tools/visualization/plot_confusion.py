"""Draw a confusion matrix: ``python tools/visualization/plot_confusion.py SCORES.pkl``."""
import argparse
from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.figure import Figure
from mmaction.evaluation import ConfusionMatrix
from mmengine.registry import init_default_scope

from hico_mm.evaluation.functional import knn_predict, load_score_dump, read_feature_file
from hico_mm.utils.errors import readable_errors
from hico_mm.visualization import figures

CELL = 0.26  # inches, into which "100" fits
FONT_SIZE = 7


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Draw which classes are taken for which, by a classifier or by the nearest '
        'neighbours of a gallery.')
    parser.add_argument('results', metavar='SCORES.pkl|QUERIES.npz',
                        help='class scores that tools/test.py --dump or fuse_scores.py --out wrote, or '
                        'features that tools/analysis/extract_features.py wrote')
    parser.add_argument('--gallery', metavar='GALLERY.npz',
                        help='features of labelled sequences, with which those of QUERIES.npz are '
                        'compared')
    parser.add_argument('--k', type=int, default=1, help='how many neighbours vote; default 1')
    figures.add_similarity_argument(parser)
    figures.add_class_names_argument(parser)
    figures.add_out_argument(parser)
    return parser.parse_args()


def load_predictions(args: argparse.Namespace) -> tuple[torch.Tensor, torch.Tensor, list[str]]:
    """Predicted labels (N, ), true labels (N, ), and the names of the classes."""
    if args.results.endswith('.npz') != (args.gallery is not None):
        raise ValueError('Features (QUERIES.npz) need --gallery GALLERY.npz, class scores (SCORES.pkl) '
                         f'have none; got {args.results} and --gallery {args.gallery}.')
    if args.gallery is None:
        dump = load_score_dump(args.results)
        scores = torch.stack([sample['pred_score'] for sample in dump])  # (N, classes)
        label = torch.tensor([int(sample['gt_label']) for sample in dump])
        return scores.argmax(dim=1), label, figures.class_names(args.class_names, scores.shape[1])
    files = [read_feature_file(path) for path in (args.results, args.gallery)]
    for path, arrays in zip((args.results, args.gallery), files, strict=True):
        if unlabelled := (arrays['label'] < 0).sum():
            raise ValueError(f'{unlabelled} sequences of {path} have no label. Use features of labelled '
                             'sequences.')
    (query, label), (gallery, known) = (
        (torch.from_numpy(arrays['feature']), torch.from_numpy(arrays['label'])) for arrays in files)
    predicted = knn_predict(query, gallery, known, args.k, args.similarity)
    names = figures.class_names(args.class_names, 1 + int(max(label.max(), known.max())), files)
    return predicted, label, names


def row_percentages(counts: np.ndarray) -> np.ndarray:
    """Counts (true class, predicted class) in percent of the true class; 0 without sequences."""
    return 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


def worst_confusions(counts: np.ndarray, number: int) -> list[tuple[int, int, float]]:
    """True class, predicted class and percent of the most frequent confusions, the worst first."""
    percent = row_percentages(counts)
    np.fill_diagonal(percent, 0)
    order = np.argsort(-percent, axis=None, kind='stable')[:number]
    pairs = zip(*(places.tolist() for places in np.unravel_index(order, counts.shape)), strict=True)
    return [(*pair, float(percent[pair])) for pair in pairs if percent[pair] > 0]


def draw_confusion(counts: np.ndarray, names: Sequence[str]) -> Figure:
    """Draw counts (true class, predicted class), in whole percent of the true class; 0 is left out."""
    percent = torch.from_numpy(row_percentages(counts).round()).int()
    figure = ConfusionMatrix.plot(percent, include_values=True, cmap='Greys', classes=list(names),
                                  colorbar=False, show=False)
    side = max(CELL * len(names), 2) + 0.08 * max(map(len, names)) + 0.5  # with names and title
    figure.set_size_inches(side, side)
    figure.set_layout_engine('constrained')
    axes, = figure.axes
    axes.images[0].set_clim(0, 100)
    for text in axes.texts:
        column, row = text.get_position()
        value = percent[row, column]
        text.set(text='' if value == 0 else f'{value}', fontsize=FONT_SIZE,
                 color='white' if value > 50 else 'black')
    axes.tick_params(labelsize=FONT_SIZE, length=0)
    axes.tick_params(axis='x', labelrotation=90)
    accuracy = 100 * counts.trace() / counts.sum()
    figure.suptitle(f'in % of the true class; top-1 {accuracy:.1f} % of {counts.sum()} sequences',
                    fontsize='medium')
    return figure


def main() -> None:
    args = parse_args()
    with readable_errors():
        figures.check_path(args.out)
        init_default_scope('mmaction')
        predicted, label, names = load_predictions(args)
        counts = ConfusionMatrix.calculate(predicted, label, len(names)).numpy()
        figures.save(draw_confusion(counts, names), args.out)
    worst = worst_confusions(counts, 3)
    summary = 'Most often confused:' if worst else 'No class is taken for another.'
    print(f'{args.out}: top-1 {100 * counts.trace() / counts.sum():.1f} % of {counts.sum()} sequences, '
          f'{len(names)} classes. {summary}')
    for true, taken_for, percent in worst:
        print(f'  {names[true]} taken for {names[taken_for]}: {percent:.0f} %')


if __name__ == '__main__':
    main()
