import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable


def info_nce(query: Tensor, positives: Tensor, negatives: Tensor,
             temperature: float) -> tuple[Tensor, Tensor]:
    """InfoNCE with one or more positives per query (Eq. 8 with P = 1, Eq. 10 with P = L).

    Args:
        query: Anchors, unit length, (N, D).
        positives: Keys of the same instance, unit length, (N, P, D).
        negatives: Keys of the queue, unit length, (K, D). They get no gradient, and may change before
            the backward pass.
        temperature: tau.

    Returns:
        tuple[Tensor, Tensor]: The loss, averaged over the batch, and the contrastive accuracy: the
        share of anchors with a positive more similar than every negative. Both are scalars. The loss
        has a first derivative only.
    """
    query = query / temperature
    positive = torch.einsum('nd,npd->np', query, positives)  # (N, P)
    negative, hardest = _Negatives.apply(query, negatives)  # (N, ) each
    # -log(sum_pos / (sum_pos + sum_neg)) = log(1 + sum_neg / sum_pos), in log space.
    loss = F.softplus(negative - positive.logsumexp(1))
    accuracy = (positive.amax(1) > hardest).float().mean()
    return loss.mean(), accuracy


class _Negatives(torch.autograd.Function):
    """Log-sum-exp and maximum of the similarities of each query (N, D) to the negatives (K, D).

    The gradient of the query is made in the forward pass. So the queue, which takes the new keys
    before the backward pass, need not be copied, and the (N, K) similarities need not be kept.
    """

    @staticmethod
    def forward(ctx, query: Tensor, negatives: Tensor) -> tuple[Tensor, Tensor]:
        similarity = query @ negatives.T  # (N, K)
        hardest = similarity.amax(1)
        ctx.mark_non_differentiable(hardest)
        if ctx.needs_input_grad[0]:
            ctx.save_for_backward(similarity.softmax(1) @ negatives)  # (N, D)
        return similarity.logsumexp(1), hardest

    @staticmethod
    @once_differentiable
    def backward(ctx, grad_log_sum: Tensor, _: Tensor) -> tuple[Tensor, None]:
        gradient, = ctx.saved_tensors
        return grad_log_sum[:, None] * gradient, None
