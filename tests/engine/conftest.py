"""A runner in miniature: two coordinates, one linear layer, dropout."""
from pathlib import Path

import numpy as np
import pytest
import torch
from mmaction.registry import DATASETS, METRICS, MODELS
from mmaction.structures import ActionDataSample
from mmengine.evaluator import BaseMetric
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch import nn


@DATASETS.register_module()
class ToyDataset:
    """Points on a circle, jittered from NumPy's global generator if asked for."""

    def __init__(self, size: int, jitter: float = 0., num_classes: int = 3) -> None:
        self.size, self.jitter, self.num_classes = size, jitter, num_classes
        self.metainfo = {}

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, idx: int) -> dict:
        angle = 2.4 * idx + self.jitter * np.random.rand()
        return dict(
            inputs=torch.tensor([np.cos(angle), np.sin(angle)], dtype=torch.float32),
            data_samples=ActionDataSample().set_gt_label(int(angle) % self.num_classes))


@MODELS.register_module()
class ToyModel(BaseModel):

    def __init__(self) -> None:
        super().__init__()
        self.backbone = nn.Linear(2, 4)
        self.head = nn.Linear(4, 2)
        self.dropout = nn.Dropout(0.5)

    def forward(self, inputs, data_samples, mode='tensor'):
        feature = self.backbone(torch.stack(inputs))
        if mode == 'loss':
            return dict(loss=(self.head(self.dropout(feature)) - 1).square().mean())
        for sample, row in zip(data_samples, feature, strict=True):
            sample.set_field(row.clone(), 'feature')
        return data_samples


@METRICS.register_module()
class ScriptedMetric(BaseMetric):
    """Gives the values of a list one after the other."""

    default_prefix = 'knn'

    def __init__(self, values: list[float]) -> None:
        super().__init__()
        self.values = iter(values)

    def process(self, data_batch, data_samples) -> None:
        self.results.extend(data_samples)

    def compute_metrics(self, results) -> dict:
        return dict(top1=next(self.values))


def loader(size: int, shuffle: bool = False, num_workers: int = 0, **dataset) -> dict:
    return dict(
        batch_size=3, num_workers=num_workers, persistent_workers=num_workers > 0,
        sampler=dict(type='DefaultSampler', shuffle=shuffle),
        dataset=dict(type='ToyDataset', size=size, **dataset))


@pytest.fixture
def toy_loader():
    return loader


@pytest.fixture
def toy_runner(tmp_path):
    """Build a runner; keyword arguments replace parts of its config, ``values`` scripts its results."""
    count = 0

    def build(values=None, **changes) -> Runner:
        nonlocal count
        count += 1
        cfg = dict(
            model=dict(type='ToyModel'),
            work_dir=str(tmp_path / 'work_dir'),
            experiment_name=f'{tmp_path.name}_{count}',
            train_dataloader=loader(8, shuffle=True),
            train_cfg=dict(by_epoch=True, max_epochs=2),
            optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1, momentum=0.9)),
            default_scope='mmaction',
            randomness=dict(seed=3))
        if values is not None:
            cfg |= dict(val_dataloader=loader(5), val_cfg=dict(),
                        val_evaluator=dict(type='ScriptedMetric', values=values))
        return Runner.from_cfg({**cfg, **changes})

    return build


@pytest.fixture
def log_of():
    """Reads the text log of a runner."""
    return lambda runner: next(Path(runner.log_dir).glob('*.log')).read_text()


@pytest.fixture
def checkpoints_in():
    """Lists the names of the checkpoints in a folder."""
    return lambda folder: sorted(path.name for path in Path(folder).glob('*.pth'))
