"""Retrieval accuracy: nearest neighbours of the instance feature."""
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from mmaction.registry import METRICS
from mmengine.device import get_device
from mmengine.dist import barrier, collect_results, is_main_process
from mmengine.evaluator import BaseMetric
from torch import Tensor

from ..functional import check_knn_settings, knn_predict


@METRICS.register_module()
class KNNMetric(BaseMetric):
    """Top-1 accuracy of a k-nearest-neighbour classifier on the field ``feature``.

    The defaults are the retrieval protocol of the paper (Table 2): k = 1, cosine similarity of the
    raw instance feature, training split as gallery, test split as queries. The gallery comes from
    ``KNNValLoop`` or ``KNNTestLoop``. Logs ``knn/top1``, a fraction as ``acc/top1`` is.

    Args:
        k: Number of neighbours that vote; see :func:`knn_predict` for ties.
        similarity: ``'cosine'`` or ``'euclidean'``.
        chunk_size: Number of queries, and of gallery features, that are compared at a time.
        collect_device: ``'cpu'`` or ``'gpu'``, where ranks exchange features.
        prefix: First part of the logged name; None for ``'knn'``.
        collect_dir: Folder shared by all ranks for the exchange on ``'cpu'``; None for a temporary one.

    Raises:
        ValueError: k, the similarity or the chunk size cannot be used.
    """

    default_prefix = 'knn'

    def __init__(self, k: int = 1, similarity: str = 'cosine', chunk_size: int = 4096,
                 collect_device: str = 'cpu', prefix: str | None = None,
                 collect_dir: str | None = None) -> None:
        super().__init__(collect_device, prefix, collect_dir)
        check_knn_settings(k, similarity, chunk_size)
        self.k, self.similarity, self.chunk_size = k, similarity, chunk_size
        self._gallery: tuple[Tensor, Tensor] | None = None
        self.predicted: Tensor | None = None  # labels (N, ) of the latest queries, on the main process

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Take ``feature`` (D, ) and ``gt_label`` (1, ) of a batch, of the gallery or of the queries."""
        for sample in data_samples:
            if 'feature' not in sample:
                raise KeyError("KNNMetric needs predictions with a field 'feature', but they have "
                               f'{sorted(sample)}. Use a model that gives one, as MoCoRecognizer does.')
            if 'gt_label' not in sample:
                raise ValueError('KNNMetric compares labels, but the data have none. Add a label to '
                                 'each annotation, or train with --no-validate.')
        # A whole batch at a time, because each copy waits for the GPU. As NumPy's rows, because a row of
        # a tensor would be pickled for other ranks with all of its batch.
        features = torch.stack([sample['feature'].detach() for sample in data_samples]).float()
        labels = torch.stack([_single_label(sample['gt_label']) for sample in data_samples])
        self.results += zip(features.cpu().numpy(), labels.tolist(), strict=True)

    def store_gallery(self, size: int) -> None:
        """Make a gallery of what was processed so far, gathered from all ranks.

        The size is its number of sequences. A sampler repeats some to give all ranks equally many; the
        repeated ones are dropped.
        """
        results = collect_results(self.results, size, self.collect_device, self.collect_dir)
        self.results.clear()
        if is_main_process():
            if len(results) != size:
                raise ValueError(f'{len(results)} of {size} gallery sequences were processed. Set '
                                 'drop_last=False in gallery_dataloader.')
            self._gallery = _stack(results)
        barrier()  # the next exchange may use the same folder

    def compute_metrics(self, results: list[tuple[np.ndarray, int]]) -> dict[str, float]:
        """Return the accuracy ``top1`` on the queries, each a feature (D, ) and its label."""
        if self._gallery is None:
            raise ValueError('KNNMetric has no gallery. Use it with KNNValLoop or KNNTestLoop and '
                             'their gallery_dataloader.')
        gallery, gallery_labels = self._gallery
        self._gallery = None  # the next evaluation is of other weights
        query, labels = _stack(results)
        device = get_device()
        predicted = knn_predict(query.to(device), gallery.to(device), gallery_labels.to(device), self.k,
                                self.similarity, self.chunk_size)
        self.predicted = predicted.cpu()
        return dict(top1=(self.predicted == labels).double().mean().item())


def _stack(results: list[tuple[np.ndarray, int]]) -> tuple[Tensor, Tensor]:
    features, labels = zip(*results, strict=True)
    return torch.from_numpy(np.stack(features)), torch.tensor(labels)  # (N, D), (N, )


def _single_label(label: Tensor | int) -> Tensor:
    label = torch.as_tensor(label)
    if label.numel() != 1:
        raise ValueError(f'KNNMetric compares one label of each sequence, but one has {label.tolist()}. '
                         'Give each sequence a single label, or train with --no-validate.')
    return label.flatten()[0]
