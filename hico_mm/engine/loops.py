"""Validation and testing by nearest neighbours: a gallery first, then the queries."""
from collections.abc import Sequence

import torch
from mmaction.registry import LOOPS
from mmengine.evaluator import Evaluator
from mmengine.runner import BaseLoop, Runner, TestLoop, ValLoop
from mmengine.runner.amp import autocast
from torch.utils.data import DataLoader

from hico_mm.evaluation import KNNMetric


class GalleryLoop(BaseLoop):
    """Runs the model over the gallery and hands its features to the kNN metrics of an evaluator."""

    def __init__(self, runner: Runner, dataloader: DataLoader | dict, evaluator: Evaluator,
                 fp16: bool) -> None:
        super().__init__(runner, dataloader)
        metrics = [metric for metric in evaluator.metrics if isinstance(metric, KNNMetric)]
        if not metrics:
            names = [type(metric).__name__ for metric in evaluator.metrics]
            raise ValueError(f'The gallery is for KNNMetric, but the evaluator has only {names}. '
                             "Add dict(type='KNNMetric') to it.")
        self.evaluator = Evaluator(metrics)
        self.fp16 = fp16

    @torch.no_grad()
    def run(self) -> None:
        """Extract the features of the whole gallery."""
        for data_batch in self.dataloader:
            with autocast(enabled=self.fp16):
                data_samples = self.runner.model.test_step(data_batch)
            self.evaluator.process(data_samples=data_samples, data_batch=data_batch)
        for metric in self.evaluator.metrics:
            metric.store_gallery(len(self.dataloader.dataset))


class _QueryLoop:
    """What validation and testing have in common: the gallery comes before the first queries."""

    def __init__(self, runner: Runner, dataloader: DataLoader | dict, evaluator: Evaluator | dict | list,
                 gallery_dataloader: DataLoader | dict, fp16: bool = False) -> None:
        super().__init__(runner, dataloader, evaluator, fp16)
        self.gallery_loop = GalleryLoop(runner, gallery_dataloader, self.evaluator, fp16)

    def run_iter(self, idx: int, data_batch: Sequence[dict]) -> None:
        """Evaluate one batch of queries, after the gallery if it is the first."""
        # Not before: by now the hooks have put the weights to be evaluated in place (EMA).
        if idx == 0:
            self.gallery_loop.run()
        super().run_iter(idx, data_batch)


@LOOPS.register_module()
class KNNValLoop(_QueryLoop, ValLoop):
    """``ValLoop`` of queries that are compared with a gallery.

    Args:
        runner: The runner.
        dataloader: Loader of the queries.
        evaluator: Metrics, at least one of them a ``KNNMetric``.
        gallery_dataloader: Loader of the gallery.
        fp16: Whether to use automatic mixed precision.

    Raises:
        ValueError: There is no ``KNNMetric``.
    """


@LOOPS.register_module()
class KNNTestLoop(_QueryLoop, TestLoop):
    """``TestLoop`` of queries that are compared with a gallery; arguments as of ``KNNValLoop``."""
