from functools import partial
from types import SimpleNamespace

import pytest
from mmaction.registry import MODELS
from mmengine.dataset import pseudo_collate
from torch.utils.data import DataLoader

from hico_mm.datasets import skeleton_collate
from hico_mm.engine import TrainLoaderCheckHook


class SeededList(list):

    def set_epoch(self, seed, epoch):
        """As SeededDataset has it."""


def check(dataset, preprocessor='SkeletonPreprocessor', **settings):
    loader = DataLoader(dataset, **settings)
    model = SimpleNamespace(data_preprocessor=MODELS.build(dict(type=preprocessor)))
    TrainLoaderCheckHook().before_train(SimpleNamespace(train_dataloader=loader, model=model))


@pytest.mark.parametrize('dataset, settings', [
    (SeededList([1, 2]), dict(num_workers=2)),
    ([1, 2], dict(num_workers=2, persistent_workers=True)),
    ([1, 2], dict(num_workers=0)),
    ([1, 2], dict(batch_size=2, drop_last=True)),
    ([1, 2], dict(batch_size=3)),
])
def test_accepts(dataset, settings):
    check(dataset, **settings)


def test_refuses_workers_that_replay():
    with pytest.raises(ValueError, match='num_workers=2 and persistent_workers=False.*SeededD'):
        check([1, 2], num_workers=2)


def test_refuses_a_loader_without_batch():
    with pytest.raises(ValueError, match='no batch: 2 sequences, batch_size=3 and drop_last=True.*'
                       'Lower the batch size'):
        check([1, 2], batch_size=3, drop_last=True)


@pytest.mark.parametrize('collate, preprocessor', [
    (skeleton_collate, 'SkeletonPreprocessor'), (pseudo_collate, 'ActionDataPreprocessor')])
def test_accepts_a_preprocessor_that_suits_the_collation(collate, preprocessor):
    check([1, 2], preprocessor, collate_fn=partial(collate))


def test_refuses_stacked_batches_for_a_preprocessor_that_stacks():
    with pytest.raises(ValueError, match='skeleton_collate, but the model has the ActionDataPreprocessor'
                       r", which takes lists. Set .*SkeletonPreprocessor'\), or in all loaders.*pseudo"):
        check([1, 2], 'ActionDataPreprocessor', collate_fn=partial(skeleton_collate))
