import torch
import torch.nn.functional as F
from torch import Tensor


def info_nce(query: Tensor, positives: Tensor, negatives: Tensor,
             temperature: float) -> tuple[Tensor, Tensor]:
    """InfoNCE with one or more positives per query (Eq. 8 with P = 1, Eq. 10 with P = L).

    Args:
        query: Anchors, unit length, (N, D).
        positives: Keys of the same instance, unit length, (N, P, D).
        negatives: Keys of the queue, unit length, (K, D).
        temperature: tau.

    Returns:
        tuple[Tensor, Tensor]: The loss, averaged over the batch, and the contrastive accuracy: the
        share of anchors with a positive more similar than every negative. Both are scalars.
    """
    query = query / temperature
    positive = torch.einsum('nd,npd->np', query, positives)  # (N, P)
    negative = query @ negatives.T  # (N, K)
    # -log(sum_pos / (sum_pos + sum_neg)) = log(1 + sum_neg / sum_pos), in log space.
    loss = F.softplus(negative.logsumexp(1) - positive.logsumexp(1))  # (N, )
    accuracy = (positive.amax(1) > negative.amax(1)).float().mean()
    return loss.mean(), accuracy
