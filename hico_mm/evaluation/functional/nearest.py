"""Nearest neighbours of features."""
import torch
import torch.nn.functional as F
from torch import Tensor


def _cosine(query: Tensor, gallery: Tensor) -> Tensor:
    return F.normalize(query) @ F.normalize(gallery).T


def _negative_distance(query: Tensor, gallery: Tensor) -> Tensor:
    return -torch.cdist(query, gallery)


# Name -> function from (Q, D) and (G, D) to (Q, G), larger for nearer neighbours.
SIMILARITIES = dict(cosine=_cosine, euclidean=_negative_distance)


def find_nearest(query: Tensor,
                 gallery: Tensor,
                 k: int,
                 similarity: str = 'cosine',
                 chunk_size: int = 4096,
                 same: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Find the nearest neighbours of features.

    Args:
        query (Tensor): Features (N, D).
        gallery (Tensor): Features (G, D).
        k (int): How many neighbours; all of the gallery if that has fewer.
        similarity (str): ``'cosine'`` or ``'euclidean'``. Defaults to ``'cosine'``.
        chunk_size (int): Number of gallery features that are compared at a time. Defaults to 4096.
        same (Tensor, optional): Where query and gallery are the same sequence, which is no neighbour,
            (N, G) of bool: these come last, with the similarity -inf. Defaults to None.

    Returns:
        tuple[Tensor, Tensor]: Similarities and indices in the gallery, nearest first, (N, k) each.
    """
    best = query.new_empty(len(query), 0)
    indices = best.long()
    for start in range(0, len(gallery), chunk_size):
        found = SIMILARITIES[similarity](query, gallery[start:start + chunk_size])
        if same is not None:
            found = found.masked_fill(same[:, start:start + chunk_size], -torch.inf)
        found, where = found.topk(min(k, found.shape[1]))  # (N, <= k)
        best = torch.cat([best, found], dim=1)
        indices = torch.cat([indices, where + start], dim=1)
        best, order = best.topk(min(k, best.shape[1]))
        indices = indices.gather(1, order)
    return best, indices
