"""Classification by the nearest neighbours of a feature."""
import torch
from torch import Tensor

from .nearest import SIMILARITIES, find_nearest


def check_knn_settings(k: int, similarity: str, chunk_size: int) -> None:
    """Refuse settings that :func:`knn_predict` cannot work with.

    Args:
        k (int): Number of neighbours.
        similarity (str): Name of the similarity.
        chunk_size (int): Number of features compared at a time.

    Raises:
        ValueError: If one of them is out of range or unknown.
    """
    if similarity not in SIMILARITIES:
        raise ValueError(f'similarity={similarity!r} is unknown. Choose one of '
                         f'{list(SIMILARITIES)}.')
    for name, value in dict(k=k, chunk_size=chunk_size).items():
        if not isinstance(value, int) or value < 1:
            raise ValueError(f'{name}={value!r} must be a positive integer.')


def knn_predict(query: Tensor,
                gallery: Tensor,
                labels: Tensor,
                k: int = 1,
                similarity: str = 'cosine',
                chunk_size: int = 4096) -> Tensor:
    """Label every query by the majority of its k nearest neighbours in the gallery.

    Among labels with equally many votes, the one that the nearest of their neighbours has wins.
    Besides the features, memory is bounded by ``chunk_size ** 2`` similarities.

    Args:
        query (Tensor): Features to classify, (N, D).
        gallery (Tensor): Features with known labels, (G, D).
        labels (Tensor): Labels of the gallery, (G, ) of integers.
        k (int): Number of neighbours that vote. Defaults to 1.
        similarity (str): ``'cosine'`` or ``'euclidean'``. Defaults to ``'cosine'``.
        chunk_size (int): Number of queries, and of gallery features, that are compared at a time.
            Defaults to 4096.

    Returns:
        Tensor: The predicted labels, (N, ).

    Raises:
        ValueError: If a setting is out of range, k exceeds the gallery, or the features of the two
            sets differ in size.
    """
    check_knn_settings(k, similarity, chunk_size)
    if k > len(gallery):
        raise ValueError(f'k={k} is larger than the gallery of {len(gallery)} sequences. '
                         'Use a smaller k.')
    if query.shape[1] != gallery.shape[1]:
        raise ValueError(f'The queries have {query.shape[1]} channels, the gallery '
                         f'{gallery.shape[1]}. Extract both with the same model.')
    return torch.cat([
        _vote(labels[find_nearest(chunk, gallery, k, similarity, chunk_size)[1]])
        for chunk in query.split(chunk_size)
    ])


def _vote(labels: Tensor) -> Tensor:
    """Return the most frequent of the neighbours' labels, (N, k) -> (N, )."""
    votes = (labels[:, :, None] == labels[:, None, :]).sum(2)  # (N, k): votes for each one's label
    # argmax takes the first of equal numbers, which is the nearest neighbour.
    return labels.gather(1, votes.argmax(1, keepdim=True)).squeeze(1)
