"""Draw retrieval: ``python tools/visualization/plot_retrieval.py CONFIG QUERIES.npz GALLERY.npz``."""
import argparse
import copy
import textwrap
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from mmaction.registry import DATASETS
from mmengine.config import Config
from mmengine.registry import init_default_scope

from hico_mm.datasets import check_annotation_files
from hico_mm.evaluation.functional import find_nearest, find_same, hash_joints, read_feature_file
from hico_mm.utils import load_config
from hico_mm.utils.errors import check_positive, readable_errors
from hico_mm.utils.progress import track
from hico_mm.visualization import figures, skeletons

Features = dict[str, np.ndarray]  # feature (N, D), label, frame_dir and usually content (N, )

NOTES = dict(cosine='cosine {:.3f}', euclidean='distance {:.2f}')
# Moments of a sequence, as parts of it, and how strongly they are drawn; the faintest first.
MOMENTS = ((0.2, 0.25), (0.8, 0.5), (0.5, 1.))
WIDTH = 1.25  # of a panel, in inches
# Told apart by line and sign, too.
FRAMES = {True: dict(color='#08519c', linestyle='-', linewidth=2),
          False: dict(color='#e6550d', linestyle='--', linewidth=2),
          None: dict(color='#bbbbbb', linestyle='-', linewidth=0.8)}
SIGNS = {True: '✓ ', False: '✗ ', None: ''}


def parse_args() -> argparse.Namespace:
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
    figures.add_similarity_argument(parser)
    figures.add_class_names_argument(parser)
    skeletons.add_arguments(parser)
    figures.add_out_argument(parser)
    return parser.parse_args()


def take(features: Features, indices: Sequence[int] | np.ndarray) -> Features:
    """What tells sequences apart, of some of them."""
    return {name: features[name][indices] for name in ('feature', 'frame_dir', 'content')
            if name in features}


def find_neighbours(queries: Features, gallery: Features, indices: Sequence[int], k: int,
                    similarity: str = 'cosine') -> tuple[np.ndarray, np.ndarray]:
    """Find the k nearest other sequences of Q queries: their indices and similarities, (Q, k)."""
    channels, expected = queries['feature'].shape[1], gallery['feature'].shape[1]
    if channels != expected:
        raise ValueError(f'The queries have {channels} channels, the gallery {expected}. Extract both '
                         'with the same model.')
    if not 1 <= k < len(gallery['feature']):
        raise ValueError(f"--k {k} has to be at least 1 and below the {len(gallery['feature'])} "
                         'sequences of the gallery.')
    queries = take(queries, indices)
    query, other, same = map(
        torch.from_numpy, (queries['feature'], gallery['feature'], find_same(queries, gallery)))
    values, neighbours = find_nearest(query, other, k, similarity, same=same)
    return neighbours.numpy(), values.numpy()


def same_class(label: int, other: int) -> bool | None:
    """Whether two sequences are of one class; None if one of them has no label."""
    return None if min(label, other) < 0 else bool(label == other)


def choose_queries(queries: Features, gallery: Features, number: int, mistakes: bool = False,
                   similarity: str = 'cosine') -> np.ndarray:
    """Choose at most ``number`` queries evenly over the file, or over its mistakes."""
    check_positive(**{'--queries': number})
    candidates = np.arange(len(queries['label']))
    if mistakes:
        nearest, _ = find_neighbours(queries, gallery, candidates, 1, similarity)
        pairs = zip(queries['label'], gallery['label'][nearest[:, 0]], strict=True)
        candidates = np.flatnonzero([same_class(*pair) is False for pair in pairs])
        if not len(candidates):
            raise ValueError('--mistakes: the nearest neighbour of every query is of its class, or they '
                             'have no labels. Leave the option out.')
    places = np.linspace(0, len(candidates) - 1, min(number, len(candidates)))
    return candidates[places.round().astype(int)]


def load_sequences(cfg: Config, *parts: Features) -> list[list[np.ndarray]]:
    """Load the sequences (M, T, V, C) of queries and of a gallery as the encoder is tested on them.

    Those of a file without ``content`` are looked for by their names: queries in the test data first,
    others in the gallery first.
    """
    loaders = [cfg.test_dataloader, (cfg.get('test_cfg') or {}).get('gallery_dataloader')]
    datasets = [DATASETS.build(copy.deepcopy(loader.dataset)) for loader in filter(None, loaders)]
    found = []
    for part in parts:
        contents = part.get('content', [''] * len(part['frame_dir']))
        keys = [*zip(part['frame_dir'].tolist(), map(str, contents), strict=True)]
        places = {}  # (data set, index)
        for dataset in datasets:
            for index in track(range(len(dataset))):
                info = dataset.get_data_info(index)
                if (name := info['frame_dir']) in part['frame_dir']:
                    content = hash_joints(info['keypoint'], info.get('total_frames'))
                    for key in ((name, content), (name, '')):
                        places.setdefault(key, (dataset, index))
        if missing := set(keys) - set(places):
            raise ValueError(f'Sequence {min(missing)[0]} is neither in the test data of {cfg.filename} '
                             'nor in its gallery (test_dataloader, test_cfg.gallery_dataloader). Name '
                             'the config whose features these are.')
        # The first clip of each.
        found.append([dataset[index]['inputs'][0].numpy() for dataset, index in map(places.get, keys)])
        datasets.reverse()
    return found


class Card(NamedTuple):
    """One sequence of the figure."""

    keypoint: np.ndarray  # joint coordinates (M, T, V, C)
    title: str  # above it
    right: bool | None = None  # whether it is of the query's class, if that is known
    note: str = ''  # below it


def make_rows(cfg: Config, queries: Features, gallery: Features, indices: np.ndarray, k: int,
              similarity: str, names: Sequence[str]) -> list[list[Card]]:
    """Look up queries and their k neighbours, nearest first, a row for each query."""
    neighbours, values = find_neighbours(queries, gallery, indices, k, similarity)
    looked_up, found = load_sequences(cfg, take(queries, indices), take(gallery, neighbours.ravel()))
    found = iter(found)
    titles = [*names, 'no label']  # which has the number -1
    rows = []
    for query, keypoint, nearest, similarities in zip(
            indices, looked_up, neighbours, values, strict=True):
        label = queries['label'][query]
        row = [Card(keypoint, titles[label])]
        for neighbour, value in zip(nearest, similarities, strict=True):
            other = gallery['label'][neighbour]
            row.append(Card(next(found), titles[other], same_class(label, other),
                            NOTES[similarity].format(abs(value))))
        rows.append(row)
    return rows


def draw_retrieval(rows: Sequence[Sequence[Card]], parents: Sequence[int],
                   up: str | None = None) -> Figure:
    """Draw a row for each query and its neighbours, each by three moments, all of one scale."""
    poses = [[_choose_moments(card.keypoint, up) for card in row] for row in rows]
    size = np.max([pose.size for row in poses for pose in row], axis=0) + 0.1
    height = WIDTH * size[1] / size[0] + 0.45  # with the titles
    figure = Figure(figsize=(WIDTH * len(rows[0]) + 0.3, height * len(rows) + 0.4), layout='constrained')
    grid = figure.subplots(len(rows), len(rows[0]), squeeze=False)
    for line, (row, all_axes) in enumerate(zip(rows, grid, strict=True)):
        for column, (card, axes) in enumerate(zip(row, all_axes, strict=True)):
            pose = poses[line][column]
            for (_, strength), places, missing in zip(MOMENTS, pose.places, pose.missing, strict=True):
                skeletons.draw_pose(axes, places, parents, missing, strength)
            skeletons.set_limits(axes, pose.box.mean(axis=0), size)
            _label(axes, card)
    for column, axes in enumerate(grid[0]):
        heading = f'neighbour {column}' if column else 'query'
        axes.annotate(heading, (0.5, 1), (0, 30), 'axes fraction', textcoords='offset points',
                      ha='center')  # above a title of two lines
    figure.supxlabel(skeletons.caption(parents), fontsize='small')
    return figure


def _choose_moments(keypoint: np.ndarray, up: str | None) -> skeletons.Poses:
    frames = [round(moment * (keypoint.shape[1] - 1)) for moment, _ in MOMENTS]
    return skeletons.look(keypoint, frames, up)


def _label(axes: Axes, card: Card) -> None:
    """Frame a panel, and say what it shows."""
    title = textwrap.fill(card.title.replace('_', ' '), 15, max_lines=2, placeholder='…')
    axes.set_title(SIGNS[card.right] + title, fontsize='small')
    axes.spines[:].set(**FRAMES[card.right])
    axes.set_xlabel(card.note, fontsize='small')


def main() -> None:
    args = parse_args()
    with readable_errors():
        figures.check_path(args.out)
        cfg = load_config(args.config, args.cfg_options)
        check_annotation_files(cfg.test_dataloader, cfg.get('test_cfg'))
        init_default_scope(cfg.get('default_scope', 'mmaction'))
        parents, _ = skeletons.load_bones(cfg)
        files = [read_feature_file(path, ('feature', 'label', 'frame_dir'))
                 for path in (args.queries, args.gallery)]
        queries, gallery = files
        num_classes = 1 + max(arrays['label'].max() for arrays in files)
        names = figures.class_names(args.class_names, num_classes, files)
        for index in args.index or ():
            figures.check_index('--index', index, len(queries['label']), 'queries')
        indices = np.array(args.index or choose_queries(
            queries, gallery, args.number, args.mistakes, args.similarity))
        rows = make_rows(cfg, queries, gallery, indices, args.k, args.similarity, names)
        skeletons.check_bones(rows[0][0].keypoint, parents, cfg)
        figures.save(draw_retrieval(rows, parents, args.up), args.out)
    right = sum(bool(card.right) for row in rows for card in row)
    print(f'{args.out}: {len(rows)} queries, {right} of {len(rows) * args.k} neighbours of the right '
          'class')


if __name__ == '__main__':
    main()
