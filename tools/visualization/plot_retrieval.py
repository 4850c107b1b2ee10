"""Draw retrieval: ``python tools/visualization/plot_retrieval.py CONFIG QUERIES.npz GALLERY.npz``."""
import argparse

from mmengine.config import DictAction
from mmengine.registry import init_default_scope

from hico_mm.datasets import check_annotation_files
from hico_mm.evaluation.functional import SIMILARITIES, read_feature_file
from hico_mm.utils import load_config
from hico_mm.utils.class_names import dataset_class_names, load_class_names, name_classes
from hico_mm.utils.errors import readable_errors
from hico_mm.visualization import add_out_argument, check_figure_path, save_figure
from hico_mm.visualization.retrieval import check_queries, choose_queries, make_rows
from hico_mm.visualization.retrieval_figure import draw_retrieval
from hico_mm.visualization.skeleton_drawing import add_up_argument
from hico_mm.visualization.view_pair import check_bones, load_bones

ARRAYS = ('feature', 'label', 'frame_dir')


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description='Draw queries and their nearest neighbours in a gallery, by three moments of each '
        'sequence, those of the right class and those of a wrong one marked.')
    parser.add_argument('config', help='config whose test data and gallery the sequences are of')
    parser.add_argument('queries', metavar='QUERIES.npz',
                        help='what tools/analysis/extract_features.py wrote of the test split')
    parser.add_argument('gallery', metavar='GALLERY.npz', help='the same of the training split')
    parser.add_argument('--k', type=int, default=5, help='how many neighbours; default 5')
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument('--queries', type=int, default=5, metavar='N', dest='number',
                        help='how many queries, evenly over the file; default 5')
    chosen.add_argument('--index', type=int, nargs='+', help='which queries, by their place in the file')
    parser.add_argument('--mistakes', action='store_true',
                        help='only queries whose nearest neighbour is of another class')
    parser.add_argument('--similarity', choices=[*SIMILARITIES], default='cosine',
                        help='what makes neighbours; default cosine')
    parser.add_argument('--class-names', metavar='FILE',
                        help='text file with a name of a class on each line; by default the names that '
                        'the data set has, else numbers')
    add_up_argument(parser)
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE',
                        help='override settings of the config')
    add_out_argument(parser)
    return parser.parse_args()


def main() -> None:
    """Run the script."""
    args = parse_args()
    with readable_errors():
        check_figure_path(args.out)
        cfg = load_config(args.config, args.cfg_options)
        check_annotation_files(cfg.test_dataloader, cfg.get('test_cfg'))
        init_default_scope(cfg.get('default_scope', 'mmaction'))
        parents, _ = load_bones(cfg)
        queries, gallery = (read_feature_file(path, ARRAYS) for path in (args.queries, args.gallery))
        names = (load_class_names(args.class_names) if args.class_names else
                 dataset_class_names(cfg.test_dataloader.dataset))
        names = name_classes(names, 1 + max(queries['label'].max(), gallery['label'].max()))
        if args.index is None:
            indices = choose_queries(queries, gallery, args.number, args.mistakes, args.similarity)
        else:
            indices = check_queries(args.index, queries)
        rows = make_rows(cfg, queries, gallery, indices, args.k, args.similarity, names)
        check_bones(rows[0][0].keypoint, parents, cfg)
        save_figure(draw_retrieval(rows, parents, args.up), args.out)
    right = sum(bool(card.right) for row in rows for card in row)
    print(f'{args.out}: {len(rows)} queries, {right} of {len(rows) * args.k} neighbours of the right '
          'class')


if __name__ == '__main__':
    main()
