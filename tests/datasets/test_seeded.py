import copy
import pickle
import random
from contextlib import nullcontext
from multiprocessing.reduction import ForkingPickler
from unittest.mock import MagicMock

import numpy as np
import pytest
import torch
from mmaction.registry import DATASETS
from mmengine.dataset import BaseDataset, ConcatDataset, RepeatDataset
from torch.utils.data import DataLoader, Subset

from hico_mm.datasets import SeededDataset
from hico_mm.datasets.seeded import drawing_parts


def draw():
    return [random.random(), np.random.random(), torch.rand(1).item()]


class Draws(BaseDataset):
    """A sample is its index and one draw of each global generator."""

    METAINFO = dict(classes=('a', 'b'))

    def __init__(self, **kwargs):
        super().__init__(serialize_data=False, **kwargs)

    def load_data_list(self):
        return [dict(number=i) for i in range(6)]

    def prepare_data(self, idx):
        return [float(self.get_data_info(idx)['number']), *draw()]


def build(seed=3, epoch=0):
    dataset = SeededDataset(dict(type=Draws))
    dataset.set_epoch(seed, epoch)
    return dataset


def epoch_of(dataset):
    return [dataset[i] for i in range(len(dataset))]


def test_draws_follow_from_seed_epoch_and_index():
    expected = epoch_of(build())
    assert epoch_of(build()) == expected  # another instance
    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    dataset = build()
    draw()
    assert [dataset[i] for i in (4, 0, 4)] == [expected[4], expected[0], expected[4]]
    assert dataset[-1] == expected[5] == dataset[np.int64(5)]
    dataset.set_epoch(3, 1)
    dataset.set_epoch(3, 0)
    assert epoch_of(dataset) == expected


@pytest.mark.parametrize('nest, seeded', [
    (lambda x: x, [True]), (lambda x: RepeatDataset(x, 2), [True]), (lambda x: [1, 2], [False]),
    (lambda x: Subset(ConcatDataset([Draws(), x, Draws()]), [0]), [False, True, False])])
def test_is_found_in_other_wrappers(nest, seeded):
    dataset = SeededDataset(Draws(), lazy_init=True)
    parts = drawing_parts(nest(dataset))
    assert [part is dataset for part in parts] == seeded
    assert [hasattr(part, 'set_epoch') for part in parts] == seeded


def test_other_seed_epoch_or_index_gives_other_draws():
    keys = [(seed, epoch) for seed in range(3) for epoch in range(3)]
    samples = np.array([epoch_of(build(*key)) for key in keys])  # (keys, indices, 4)
    for generator in (1, 2, 3):
        assert len(np.unique(samples[..., generator])) == len(keys) * 6


def test_seeds_of_many_samples_are_almost_all_different():
    def seeds_of(length):
        dataset = SeededDataset(MagicMock(metainfo={}, __len__=lambda self: length))
        dataset.set_epoch(0, 0)
        return dataset._seeds_of_epoch()

    seeds = seeds_of(200_000)
    assert len(seeds) - len(np.unique(seeds)) < 20  # 5 are expected of numbers with 32 bits
    np.testing.assert_array_equal(seeds_of(1000), seeds[:1000])


@pytest.mark.parametrize('error', [None, KeyError('from within')])
def test_generators_are_left_as_they_were(error):
    def states():
        return random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()

    before = states()
    dataset = build()
    dataset.dataset.prepare_data = MagicMock(side_effect=error or (lambda idx: draw()))
    with pytest.raises(KeyError, match='from within') if error else nullcontext():
        dataset[2]
    assert states() == before


@pytest.mark.parametrize('num_workers, batch_size', [(0, 3), (2, 1)])
def test_workers_see_the_epoch(num_workers, batch_size):
    dataset, sent = build(), build()  # to forked workers, and to a spawned one
    spawned = pickle.loads(ForkingPickler.dumps(sent))
    loader = DataLoader(dataset, batch_size, collate_fn=list, num_workers=num_workers,
                        persistent_workers=num_workers > 0, multiprocessing_context='fork'
                        if num_workers else None)
    for epoch in (0, 1, 5):
        dataset.set_epoch(3, epoch)
        sent.set_epoch(3, epoch)
        samples = [sample for batch in loader for sample in batch]
        assert samples == epoch_of(spawned) == epoch_of(build(3, epoch))
    loader._iterator = None  # ends the workers at once


@pytest.mark.parametrize('inner', [
    dict(type='RepeatDataset', times=2, dataset=dict(type=Draws)),
    dict(type='ConcatDataset', datasets=[dict(type=Draws), dict(type=Draws)])])
def test_repeated_sequences_are_drawn_anew(inner):
    dataset = SeededDataset(inner)
    dataset.set_epoch(0, 0)
    samples = epoch_of(dataset)
    assert [x[0] for x in samples] == [*range(6), *range(6)]
    assert len({x[2] for x in samples}) == 12


def test_behaves_as_mmengine_wrappers_do():
    dataset = DATASETS.build(dict(
        type='SeededDataset', lazy_init=True, dataset=dict(type=Draws, lazy_init=True)))
    assert not dataset.dataset._fully_initialized
    assert dataset.get_data_info(4) == dict(number=4, sample_idx=4)
    assert dataset.dataset._fully_initialized
    assert len(dataset) == 6
    dataset.metainfo.clear()
    assert dataset.metainfo == dict(classes=('a', 'b'))
    dataset.set_epoch(0, 0)
    with pytest.raises(IndexError):
        dataset[6]


def test_a_copy_has_an_epoch_of_its_own():
    dataset = build()
    copy.deepcopy(dataset).set_epoch(3, 7)
    assert epoch_of(dataset) == epoch_of(build())


def test_epoch_and_seed_must_be_told_and_not_negative():
    for seed, epoch in ((-1, 0), (0, -1)):
        with pytest.raises(ValueError, match='seed and epoch must not be negative, but got '
                                             f'seed={seed} and epoch={epoch}.'):
            build(seed, epoch)
    with pytest.raises(ValueError, match="does not know the epoch.*Add dict.type='EpochSeedHook'"):
        SeededDataset(dict(type=Draws))[0]
