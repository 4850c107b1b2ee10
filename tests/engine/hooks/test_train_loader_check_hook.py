from types import SimpleNamespace

import pytest
from torch.utils.data import DataLoader

from hico_mm.engine import TrainLoaderCheckHook


class SeededList(list):

    def set_epoch(self, seed, epoch):
        """As SeededDataset has it."""


def check(dataset, **settings):
    loader = DataLoader(dataset, **settings)
    TrainLoaderCheckHook().before_train(SimpleNamespace(train_dataloader=loader))


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
