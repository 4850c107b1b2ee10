"""Momentum contrast as a sum of terms, each a few lines, which start and end at an epoch.

To add a term of your own, inherit from ``Term``, register it, and name it in ``Contrast(terms=[...])``.
"""
import math
from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from mmengine.logging import MessageHub
from torch import Tensor, nn

from hico_mm.utils.errors import check_positive


class Logits:
    """Similarities of queries with keys and queues, over the temperature, each computed once.

    Args:
        query: Feature name -> projected query, (N, D) or (N, L, D), of which the first stands for all.
        key: Feature name -> key of the same instances, (N, D) or (N, L, D).
        queue: Feature name -> earlier keys, (K, D) or (K * L, D).
        temperature: tau.
    """

    def __init__(self, query: Mapping[str, Tensor], key: Mapping[str, Tensor],
                 queue: Mapping[str, Tensor], temperature: float) -> None:
        self.query, self.key, self.queue = query, key, queue
        self.temperature = temperature
        self._found = {}

    def __call__(self, query: str, key: str) -> tuple[Tensor, Tensor]:
        """Logits of the positives (N, P) and of the negatives (N, K), by the names of the features."""
        if (query, key) not in self._found:
            anchor, keys = self.query[query], self.key[key]
            anchor = (anchor[:, 0] if anchor.dim() == 3 else anchor) / self.temperature  # the finest
            keys = keys if keys.dim() == 3 else keys[:, None]
            self._found[query, key] = (
                torch.einsum('nd,npd->np', anchor, keys), anchor @ self.queue[key].T)
        return self._found[query, key]


class Term(nn.Module):
    """Base of the terms of a contrast. A subclass has ``queries`` and ``keys``, and a ``forward``.

    ``queries`` are the features that are projected for it, ``keys`` those that have a queue. ``forward``
    takes the ``Logits`` and returns the loss, a scalar, alone or with the contrastive accuracy.

    Args:
        name: The log has ``loss_NAME``; losses of equal names are added up.
        weight: Factor of the loss in the sum. Defaults to 1.
        begin: First epoch of the term, from 0. Defaults to 0.
        end: Epoch before which it ends. Defaults to None (never).
    """

    def __init__(self, name: str, queries: Sequence[str], keys: Sequence[str], weight: float = 1.0,
                 begin: int = 0, end: int | None = None) -> None:
        super().__init__()
        if weight < 0:
            raise ValueError(f'The weight of {name} is {weight}, but 0 or more is expected.')
        if not 0 <= begin < (math.inf if end is None else end):
            raise ValueError(f'{name} begins at epoch {begin} and ends before {end}, but '
                             '0 <= begin < end is expected.')
        self.name, self.weight, self.begin, self.end = name, weight, begin, end
        self.queries, self.keys = list(queries), list(keys)

    def is_active(self, epoch: int) -> bool:
        """Whether the term counts in an epoch, from 0."""
        return self.begin <= epoch and (self.end is None or epoch < self.end)


@MODELS.register_module()
class InfoNCE(Term):
    """InfoNCE of a query with its key, or several keys, and a queue (Eq. 8 to 11; MoCo).

    The contrastive accuracy is the share of queries with a key more similar than the whole queue.

    Args:
        query: Name of the query's feature.
        key: Name of the key's. Defaults to that of the query.
        name: Name in the log. Defaults to that of the query.
        **kwargs: ``weight``, ``begin`` and ``end``, see :class:`Term`.
    """

    def __init__(self, query: str, key: str | None = None, name: str | None = None, **kwargs) -> None:
        super().__init__(name or query, [query], [key or query], **kwargs)

    def forward(self, logits: Logits) -> tuple[Tensor, Tensor]:
        """Return the loss and the contrastive accuracy."""
        positive, negative = logits(self.queries[0], self.keys[0])  # (N, P), (N, K)
        # -log(sum_pos / (sum_pos + sum_neg)) = log(1 + sum_neg / sum_pos), in log space.
        loss = F.softplus(negative.logsumexp(1) - positive.logsumexp(1))  # (N, )
        return loss.mean(), (positive.amax(1) > negative.amax(1)).float().mean()


@MODELS.register_module()
class CrossView(Term):
    """Cross-view consistency: what is near in one view is a positive of another.

    Li et al., CVPR 2021, "3D Human Action Representation Learning via Cross-View Consistency Pursuit"
    (CrosSCLR), as its code has it: the log-probabilities of the positives are averaged.

    Args:
        anchor: The feature that is trained.
        source: The feature whose nearest neighbours in its queue are taken for positives. Slot i of both
            queues is the same instance.
        topk: How many neighbours. Defaults to 1.
        context: Whether the products of both similarities are compared, too. Defaults to True.
        name: Name in the log. Defaults to that of the anchor.
        **kwargs: ``weight``, ``begin`` and ``end``, see :class:`Term`.
    """

    def __init__(self, anchor: str, source: str, topk: int = 1, context: bool = True,
                 name: str | None = None, **kwargs) -> None:
        super().__init__(name or anchor, [anchor, source], [anchor, source], **kwargs)
        check_positive(topk=topk)
        self.topk, self.context = topk, context

    def forward(self, logits: Logits) -> Tensor:
        """Return the loss."""
        anchor, source = self.queries
        positive, negative = logits(anchor, anchor)  # (N, 1), (N, K)
        similarity = logits(source, source)[1]  # (N, K)
        neighbours = similarity.topk(self.topk).indices  # (N, topk)
        rivals = [positive, negative]
        positives = [positive, negative.gather(1, neighbours)]
        if self.context:
            product = negative * similarity * logits.temperature  # s_v * s_u / tau
            rivals.append(product)
            positives.append(product.gather(1, neighbours))
        loss = torch.cat(rivals, 1).logsumexp(1) - torch.cat(positives, 1).mean(1)  # (N, )
        return loss.mean()


@MODELS.register_module()
class Neighbours(Term):
    """InfoNCE whose positives are the key and the nearest neighbours of several views in the queue.

    Guo et al., AAAI 2022, "Contrastive Learning from Extremely Augmented Skeleton Sequences for
    Self-Supervised Action Recognition" (AimCLR): nearest neighbours mining.

    Args:
        anchor: The feature that is trained; it has the key and the queue.
        sources: Further features whose neighbours in that queue are positives.
        topk: How many neighbours of each. Defaults to 1.
        name: Name in the log. Defaults to that of the anchor.
        **kwargs: ``weight``, ``begin`` and ``end``, see :class:`Term`.
    """

    def __init__(self, anchor: str, sources: Sequence[str], topk: int = 1, name: str | None = None,
                 **kwargs) -> None:
        check_positive(topk=topk)
        if isinstance(sources, str):
            raise ValueError(f'sources={sources!r} of Neighbours must be a list of features.')
        super().__init__(name or anchor, [anchor, *sources], [anchor], **kwargs)
        self.topk = topk

    def forward(self, logits: Logits) -> Tensor:
        """Return the loss."""
        key, = self.keys
        positive, negative = logits(self.queries[0], key)  # (N, 1), (N, K)
        found = [logits(query, key)[1].topk(self.topk).indices for query in self.queries]
        is_positive = torch.zeros_like(negative).scatter_(1, torch.cat(found, 1), 1)  # (N, K)
        log_sum = torch.cat([positive, negative], 1).logsumexp(1)  # (N, )
        mean = (positive[:, 0] + (is_positive * negative).sum(1)) / (1 + is_positive.sum(1))
        return (log_sum - mean).mean()


@MODELS.register_module()
class Distribution(Term):
    """Cross entropy of two queries' distributions over the key and the queue.

    AimCLR (see :class:`Neighbours`): dual distributional divergence minimisation. No gradient goes to
    the teacher.

    Args:
        student: The feature that is trained.
        teacher: The feature whose distribution is the target; it has the key and the queue.
        name: Name in the log. Defaults to that of the student.
        **kwargs: ``weight``, ``begin`` and ``end``, see :class:`Term`.
    """

    def __init__(self, student: str, teacher: str, name: str | None = None, **kwargs) -> None:
        super().__init__(name or student, [student, teacher], [teacher], **kwargs)

    def forward(self, logits: Logits) -> Tensor:
        """Return the loss."""
        student, teacher = (torch.cat(logits(query, self.keys[0]), 1) for query in self.queries)
        return F.cross_entropy(student, teacher.detach().softmax(1))


@MODELS.register_module()
class Contrast(nn.Module):
    """A weighted sum of terms, which may begin and end at an epoch.

    Args:
        terms: Configs of the terms.
        temperature: tau of all terms.

    Raises:
        ValueError: The temperature is not positive, something else than terms, or an epoch has no term.
    """

    def __init__(self, terms: Sequence[dict], temperature: float) -> None:
        super().__init__()
        if temperature <= 0:
            raise ValueError(f'temperature={temperature} must be positive.')
        self.temperature = temperature
        if isinstance(terms, Mapping):
            raise ValueError(f'terms={dict(terms)} of the contrast must be a list of terms.')
        self.terms = nn.ModuleList(MODELS.build(term) for term in terms)
        if others := [type(term).__name__ for term in self.terms if not isinstance(term, Term)]:
            raise ValueError(f'{others} in the terms of the contrast do not inherit from Term.')
        ends = [0, *(term.end for term in self.terms if term.end is not None)]
        for epoch in ends:
            if not any(term.is_active(epoch) for term in self.terms):
                raise ValueError(f'No term of the contrast is active in epoch {epoch}, from 0. Correct '
                                 'begin and end of the terms.')

    @property
    def queries(self) -> list[str]:
        """Names of the query's features that the terms need."""
        return list(dict.fromkeys(name for term in self.terms for name in term.queries))

    @property
    def keys(self) -> list[str]:
        """Names of the features that need a key and a queue, in the order of the queries."""
        keys = dict.fromkeys(name for term in self.terms for name in term.keys)
        return list(dict.fromkeys([*(name for name in self.queries if name in keys), *keys]))

    def forward(self, query: Mapping[str, Tensor], key: Mapping[str, Tensor],
                queue: Mapping[str, Tensor], epoch: int | None = None) -> dict[str, Tensor]:
        """Contrast a batch with its other view and with the queues.

        Args:
            query: Feature name -> projected query, (N, D) or (N, L, D).
            key: The same of the key encoder.
            queue: Feature name -> earlier keys, (K, D) or (K * L, D).
            epoch: From 0. Defaults to that of the training that runs, or 0.

        Returns:
            dict[str, Tensor]: Scalars ``loss_NAME`` (weighted; their sum is the loss) and ``acc_NAME``
            (contrastive accuracy) of the active terms; terms of one name are taken together.
        """
        if epoch is None:
            epoch = MessageHub.get_current_instance().get_info('epoch', 0)
        logits = Logits(query, key, queue, self.temperature)
        losses, accuracies = {}, {}
        for term in self.terms:
            if term.is_active(epoch):
                loss = term(logits)
                if isinstance(loss, tuple):
                    loss, accuracy = loss
                    accuracies.setdefault(term.name, []).append(accuracy)
                losses.setdefault(term.name, []).append(term.weight * loss)
        return {**{f'loss_{name}': sum(values) for name, values in losses.items()},
                **{f'acc_{name}': sum(values) / len(values) for name, values in accuracies.items()}}
