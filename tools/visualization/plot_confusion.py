"""Draw a confusion matrix: ``python tools/visualization/plot_confusion.py SCORES.pkl``."""
import argparse

import numpy as np
from mmengine.registry import init_default_scope

from hico_mm.evaluation.functional import SIMILARITIES, load_score_dump, read_feature_file
from hico_mm.utils.class_names import load_class_names, name_classes
from hico_mm.utils.errors import readable_errors
from hico_mm.visualization import add_out_argument, check_figure_path, save_figure
from hico_mm.visualization.confusion_figure import count_confusions, draw_confusion, worst_confusions
from hico_mm.visualization.neighbours import classify


def parse_args() -> argparse.Namespace:
    """Read the command line."""
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
    parser.add_argument('--similarity', choices=[*SIMILARITIES], default='cosine',
                        help='what makes neighbours; default cosine')
    parser.add_argument('--class-names', metavar='FILE',
                        help='text file with a name of a class on each line, or a config whose data set '
                        'names its classes')
    add_out_argument(parser)
    return parser.parse_args()


def load_predictions(args: argparse.Namespace) -> tuple[np.ndarray, np.ndarray, int]:
    """Predict labels.

    Returns:
        tuple[np.ndarray, np.ndarray, int]: Predicted labels (N, ), true labels (N, ), and the number of
        classes.

    Raises:
        ValueError: If there is a gallery for scores, or none for features.
    """
    if args.results.endswith('.npz') != (args.gallery is not None):
        raise ValueError('Features (QUERIES.npz) need --gallery GALLERY.npz, class scores (SCORES.pkl) '
                         f'have none; got {args.results} and --gallery {args.gallery}.')
    if args.gallery is None:
        dump = load_score_dump(args.results)
        predicted = np.array([int(sample['pred_score'].argmax()) for sample in dump])
        return predicted, np.array([int(x['gt_label']) for x in dump]), len(dump[0]['pred_score'])
    queries, gallery = read_feature_file(args.results), read_feature_file(args.gallery)
    predicted = classify(queries, gallery, args.k, args.similarity)
    return predicted, queries['label'], 1 + max(queries['label'].max(), gallery['label'].max())


def main() -> None:
    """Run the script."""
    args = parse_args()
    with readable_errors():
        check_figure_path(args.out)
        init_default_scope('mmaction')
        names = args.class_names and load_class_names(args.class_names)
        predicted, label, num_classes = load_predictions(args)
        counts = count_confusions(predicted, label, num_classes)
        names = name_classes(names, num_classes)
        save_figure(draw_confusion(counts, names), args.out)
    worst = worst_confusions(counts, 3)
    summary = 'Most often confused:' if worst else 'No class is taken for another.'
    print(f'{args.out}: top-1 {100 * counts.trace() / counts.sum():.1f} % of {counts.sum()} sequences, '
          f'{num_classes} classes. {summary}')
    for true, taken_for, percent in worst:
        print(f'  {names[true]} taken for {names[taken_for]}: {percent:.0f} %')


if __name__ == '__main__':
    main()
