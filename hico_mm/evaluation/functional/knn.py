"""Nearest neighbours of features, and classification by them."""
import torch
import torch.nn.functional as F
from torch import Tensor

from hico_mm.utils.errors import check_positive

# Name -> function from (N, D) and (G, D) to (N, G), larger for nearer neighbours.
SIMILARITIES = dict(
    cosine=lambda query, gallery: F.normalize(query) @ F.normalize(gallery).T,
    euclidean=lambda query, gallery: -torch.cdist(query, gallery))


def find_nearest(query: Tensor, gallery: Tensor, k: int, similarity: str = 'cosine',
                 chunk_size: int = 4096, same: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Find the k nearest neighbours in a gallery: their similarities and indices, (N, k) each.

    The queries are (N, D), the gallery (G, D); if it has fewer than k, all of it is returned, nearest
    first. ``same`` (N, G) is True where both are the same sequence, which is no neighbour: these come
    last, with the similarity -inf.
    """
    best = query.new_empty(len(query), 0)
    indices = best.long()
    for start in range(0, len(gallery), chunk_size):
        found = SIMILARITIES[similarity](query, gallery[start:start + chunk_size])  # (N, <= chunk_size)
        if same is not None:
            found = found.masked_fill(same[:, start:start + chunk_size], -torch.inf)
        found, where = found.topk(min(k, found.shape[1]))  # (N, <= k)
        best = torch.cat([best, found], dim=1)
        indices = torch.cat([indices, where + start], dim=1)
        best, order = best.topk(min(k, best.shape[1]))
        indices = indices.gather(1, order)
    return best, indices


def check_knn_settings(k: int, similarity: str, chunk_size: int) -> None:
    """Refuse settings that :func:`knn_predict` cannot work with."""
    if similarity not in SIMILARITIES:
        raise ValueError(f'similarity={similarity!r} is unknown. Choose one of {list(SIMILARITIES)}.')
    check_positive(k=k, chunk_size=chunk_size)


def knn_predict(query: Tensor, gallery: Tensor, labels: Tensor, k: int = 1, similarity: str = 'cosine',
                chunk_size: int = 4096) -> Tensor:
    """Label every query by the majority of its k nearest neighbours in the gallery.

    If several labels have the most votes, the one with the nearest neighbour wins. Besides the features,
    memory is bounded by ``chunk_size ** 2`` similarities.

    Args:
        query: Features to classify, (N, D).
        gallery: Features with known labels, (G, D).
        labels: Labels of the gallery, (G, ) of integers.
        k: Number of neighbours that vote.
        similarity: ``'cosine'`` or ``'euclidean'``.
        chunk_size: Number of queries, and of gallery features, that are compared at a time.

    Returns:
        The predicted labels, (N, ).

    Raises:
        ValueError: A setting is out of range, k exceeds the gallery, or query and gallery have features
            of different size.
    """
    check_knn_settings(k, similarity, chunk_size)
    if k > len(gallery):
        raise ValueError(f'k={k} is larger than the gallery of {len(gallery)} sequences. '
                         'Use a smaller k.')
    if query.shape[1] != gallery.shape[1]:
        raise ValueError(f'The queries have {query.shape[1]} channels, the gallery '
                         f'{gallery.shape[1]}. Extract both with the same model.')
    return torch.cat([_vote(labels[find_nearest(chunk, gallery, k, similarity, chunk_size)[1]])
                      for chunk in query.split(chunk_size)])


def _vote(labels: Tensor) -> Tensor:
    """Return the most frequent of the neighbours' labels, (N, k) -> (N, )."""
    votes = (labels[:, :, None] == labels[:, None, :]).sum(2)  # (N, k): votes for each one's label
    # argmax takes the first of equal numbers, which is the nearest neighbour.
    return labels.gather(1, votes.argmax(1, keepdim=True)).squeeze(1)
