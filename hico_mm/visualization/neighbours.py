"""Nearest neighbours between two files of features."""
import numpy as np
import torch

from hico_mm.evaluation.functional import find_nearest, knn_predict

Features = dict[str, np.ndarray]


def classify(queries: Features, gallery: Features, k: int = 1, similarity: str = 'cosine') -> np.ndarray:
    """Label queries by the majority of their nearest neighbours.

    Args:
        queries (dict[str, np.ndarray]): ``feature`` (N, D) and ``label`` (N, ).
        gallery (dict[str, np.ndarray]): ``feature`` (G, D) and ``label`` (G, ).
        k (int): Number of neighbours that vote. Defaults to 1.
        similarity (str): ``'cosine'`` or ``'euclidean'``. Defaults to ``'cosine'``.

    Returns:
        np.ndarray: Predicted labels, (N, ).

    Raises:
        ValueError: If a sequence has no label, or see :func:`knn_predict`.
    """
    for name, features in dict(queries=queries, gallery=gallery).items():
        if features['label'].min() < 0:
            raise ValueError(f'Of the {name}, {(features["label"] < 0).sum()} sequences have no label. '
                             'Use features of labelled sequences.')
    query, other, label = map(
        torch.from_numpy, (queries['feature'], gallery['feature'], gallery['label']))
    return knn_predict(query, other, label, k, similarity).numpy()


def find_neighbours(queries: Features, gallery: Features, indices: np.ndarray, k: int,
                    similarity: str = 'cosine') -> tuple[np.ndarray, np.ndarray]:
    """Find the nearest neighbours of some queries, never the same sequence.

    Args:
        queries (dict[str, np.ndarray]): ``feature`` (N, D) and ``frame_dir`` (N, ).
        gallery (dict[str, np.ndarray]): ``feature`` (G, D) and ``frame_dir`` (G, ).
        indices (np.ndarray): Which queries, (Q, ).
        k (int): How many neighbours.
        similarity (str): ``'cosine'`` or ``'euclidean'``. Defaults to ``'cosine'``.

    Returns:
        tuple[np.ndarray, np.ndarray]: Indices in the gallery, nearest first, (Q, k), and the
        similarities, (Q, k).

    Raises:
        ValueError: If the features differ in size, or the gallery has not k other sequences.
    """
    channels, expected = queries['feature'].shape[1], gallery['feature'].shape[1]
    if channels != expected:
        raise ValueError(f'The queries have {channels} channels, the gallery {expected}. Extract both '
                         'with the same model.')
    if not 1 <= k < len(gallery['feature']):
        raise ValueError(f"--k {k} has to be at least 1 and below the {len(gallery['feature'])} "
                         'sequences of the gallery.')
    same = queries['frame_dir'][indices][:, None] == gallery['frame_dir']
    query, other, same = map(
        torch.from_numpy, (queries['feature'][indices], gallery['feature'], same))
    values, neighbours = find_nearest(query, other, k, similarity, same=same)
    return neighbours.numpy(), values.numpy()
