"""Queries and their nearest neighbours: which, and their skeletons."""
import copy
from collections.abc import Iterable, Sequence

import numpy as np
from mmaction.registry import DATASETS
from mmengine.config import Config

from .neighbours import Features, classify, find_neighbours
from .retrieval_figure import Card

# By similarity; the Euclidean one is the negative distance.
NOTES = dict(cosine='cosine {:.3f}', euclidean='distance {:.2f}')


def choose_queries(queries: Features, gallery: Features, number: int, mistakes: bool = False,
                   similarity: str = 'cosine') -> np.ndarray:
    """Choose queries evenly over the file.

    Args:
        queries (dict[str, np.ndarray]): ``feature`` (N, D), ``label`` (N, ).
        gallery (dict[str, np.ndarray]): ``feature`` (G, D), ``label`` (G, ).
        number (int): How many.
        mistakes (bool): Whether only of those whose nearest neighbour is of another class. Defaults to
            False.
        similarity (str): ``'cosine'`` or ``'euclidean'``. Defaults to ``'cosine'``.

    Returns:
        np.ndarray: Their indices, (Q, ), at most ``number``.

    Raises:
        ValueError: If none is asked for, or there is no mistake.
    """
    if number < 1:
        raise ValueError(f'--queries {number} has to be at least 1.')
    candidates = np.arange(len(queries['label']))
    if mistakes:
        wrong = classify(queries, gallery, similarity=similarity) != queries['label']
        candidates = np.flatnonzero(wrong)
        if not len(candidates):
            raise ValueError('--mistakes: the nearest neighbour of every query is of its class. Leave '
                             'the option out.')
    places = np.linspace(0, len(candidates) - 1, min(number, len(candidates)))
    return candidates[places.round().astype(int)]


def check_queries(indices: Sequence[int], queries: Features) -> np.ndarray:
    """Refuse queries that do not exist.

    Args:
        indices (Sequence[int]): Indices of queries.
        queries (dict[str, np.ndarray]): ``label`` (N, ).

    Returns:
        np.ndarray: The indices.

    Raises:
        ValueError: If one is out of range.
    """
    count = len(queries['label'])
    for index in indices:
        if not 0 <= index < count:
            raise ValueError(f'--index {index} is out of range: there are {count} queries, 0 to '
                             f'{count - 1}.')
    return np.array(indices)


def load_sequences(cfg: Config, names: Iterable[str]) -> dict[str, np.ndarray]:
    """Load sequences as the encoder is tested on them.

    Args:
        cfg (Config): A config whose test data, or gallery, they are of.
        names (Iterable[str]): Their ``frame_dir``.

    Returns:
        dict[str, np.ndarray]: Joint coordinates (M, T, V, C) by name.

    Raises:
        ValueError: If one is in neither.
    """
    wanted, sequences = set(names), {}
    loaders = [cfg.test_dataloader, (cfg.get('test_cfg') or {}).get('gallery_dataloader')]
    for loader in filter(None, loaders):
        dataset = DATASETS.build(copy.deepcopy(loader.dataset))
        for index in range(len(dataset)):
            name = dataset.get_data_info(index)['frame_dir']
            if name in wanted:
                sequences[name] = dataset[index]['inputs'][0].numpy()  # the first clip
                wanted.remove(name)
    if wanted:
        raise ValueError(f'Sequence {min(wanted)} is neither in the test data of {cfg.filename} nor in '
                         'its gallery (test_dataloader, test_cfg.gallery_dataloader). Name the config '
                         'whose features these are.')
    return sequences


def make_rows(cfg: Config, queries: Features, gallery: Features, indices: np.ndarray, k: int,
              similarity: str, names: Sequence[str]) -> list[list[Card]]:
    """Look up queries and their neighbours.

    Args:
        cfg (Config): See :func:`load_sequences`.
        queries (dict[str, np.ndarray]): ``feature`` (N, D), ``label`` (N, ), ``frame_dir`` (N, ).
        gallery (dict[str, np.ndarray]): The same of G sequences.
        indices (np.ndarray): Which queries, (Q, ).
        k (int): How many neighbours.
        similarity (str): ``'cosine'`` or ``'euclidean'``.
        names (Sequence[str]): Names of the classes.

    Returns:
        list[list[Card]]: For each query itself and its k neighbours, nearest first.

    Raises:
        ValueError: See :func:`find_neighbours` and :func:`load_sequences`.
    """
    neighbours, values = find_neighbours(queries, gallery, indices, k, similarity)
    found = gallery['frame_dir'][neighbours]
    sequences = load_sequences(cfg, [*queries['frame_dir'][indices], *found.ravel()])
    rows = []
    for row, index in enumerate(indices):
        label = queries['label'][index]
        query = Card(sequences[queries['frame_dir'][index]], _title(label, names))
        rows.append([query])
        for neighbour, value in zip(neighbours[row], values[row], strict=True):
            other = gallery['label'][neighbour]
            right = None if min(label, other) < 0 else bool(label == other)
            rows[-1].append(Card(sequences[gallery['frame_dir'][neighbour]], _title(other, names),
                                 right, NOTES[similarity].format(abs(value))))
    return rows


def _title(label: int, names: Sequence[str]) -> str:
    return 'no label' if label < 0 else names[label]
