"""Augmentation that follows from the seed, the epoch and the index of a sample alone."""
import copy
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from mmaction.registry import DATASETS
from mmengine.dataset import BaseDataset, force_full_init
from torch.utils.data import Dataset

UNSET = -1


@contextmanager
def restored_generators() -> Iterator[None]:
    """Leave the global generators of Python, NumPy and torch (CPU) as they were."""
    python_state, numpy_state = random.getstate(), np.random.get_state()
    with torch.random.fork_rng(devices=[]):
        try:
            yield
        finally:
            random.setstate(python_state)
            np.random.set_state(numpy_state)


def seed_generators(seed: int) -> None:
    """Seed the global generators of Python, NumPy and torch (CPU) with a number below 2**32."""
    random.seed(seed)
    np.random.seed(seed)
    # torch.manual_seed would also reach for the GPU, which a forked worker must not.
    torch.default_generator.manual_seed(seed)


def drawing_parts(dataset: Dataset) -> list[Dataset]:
    """The data sets at the bottom of any wrappers, or what has ``set_epoch`` above them."""
    inner = getattr(dataset, 'datasets', None) or [getattr(dataset, 'dataset', None)]
    if hasattr(dataset, 'set_epoch') or inner == [None]:
        return [dataset]
    return [part for each in inner for part in drawing_parts(each)]


class DatasetWrapper(BaseDataset):
    """What MMEngine expects of a wrapper around a data set; by itself it changes nothing."""

    def __init__(self, dataset: BaseDataset | dict, lazy_init: bool = False) -> None:
        self.dataset = DATASETS.build(dataset) if isinstance(dataset, dict) else dataset
        self._metainfo = self.dataset.metainfo
        self._fully_initialized = False
        if not lazy_init:
            self.full_init()

    @property
    def metainfo(self) -> dict:
        """A copy of the meta information of the wrapped dataset."""
        return copy.deepcopy(self._metainfo)

    def full_init(self) -> None:
        """Load the annotations of the wrapped dataset."""
        if not self._fully_initialized:
            self.dataset.full_init()
            self._prepare()
            self._fully_initialized = True

    def _prepare(self) -> None:
        """What a subclass does once the annotations are loaded."""

    @force_full_init
    def get_data_info(self, idx: int) -> dict:
        """Get the annotation of a sample."""
        return self.dataset.get_data_info(self._inner_index(idx))

    @force_full_init
    def get_cat_ids(self, idx: int) -> list[int]:
        """Get the classes of a sample."""
        return self.dataset.get_cat_ids(self._inner_index(idx))

    @force_full_init
    def __len__(self) -> int:
        return len(self.dataset)

    @force_full_init
    def __getitem__(self, idx: int) -> Any:
        return self.dataset[self._inner_index(idx)]

    def _inner_index(self, idx: int) -> int:
        """Index of a sample in the wrapped dataset."""
        return idx


@DATASETS.register_module()
class SeededDataset(DatasetWrapper):
    """A wrapper that makes every random draw of a pipeline repeatable, stock transforms included.

    The draws for a sample depend on the seed, the epoch and its index. They do not depend on the number
    of workers, the batch size, the rank, or on a restart. The index is the wrapper's own, so a sequence
    that an inner ``RepeatDataset`` repeats is augmented differently each time.

    Args:
        dataset: The dataset to wrap, or its config. Other wrappers better go inside: those around it
            would augment a sequence that they repeat alike each time in an epoch.
        lazy_init: Whether to load the annotations later. Defaults to False.
    """

    def __init__(self, dataset: BaseDataset | dict, lazy_init: bool = False) -> None:
        # In shared memory, because workers that outlive an epoch keep their copy of the dataset.
        self._seed_and_epoch = torch.full((2, ), UNSET, dtype=torch.int64).share_memory_()
        self._sample_seeds: tuple[list[int], np.ndarray | None] = ([], None)
        super().__init__(dataset, lazy_init)

    def set_epoch(self, seed: int, epoch: int) -> None:
        """Choose the draws of an epoch, from 0, for this process and for workers that already run."""
        if seed < 0 or epoch < 0:
            raise ValueError('seed and epoch must not be negative, '
                             f'but got seed={seed} and epoch={epoch}.')
        self._seed_and_epoch.copy_(torch.tensor([seed, epoch]))

    @force_full_init
    def __getitem__(self, idx: int) -> Any:
        return self.__getitems__([idx])[0]

    @force_full_init
    def __getitems__(self, indices: Sequence[int]) -> list:
        # PyTorch's loaders ask for whole batches by this name. Restoring the generators takes longer
        # than seeding them, so it is done once for a batch.
        seeds = self._seeds_of_epoch()
        samples = []
        with restored_generators():
            for idx in indices:
                seed_generators(int(seeds[idx]))
                samples.append(self.dataset[idx])
        return samples

    def _seeds_of_epoch(self) -> np.ndarray:
        """A seed for each sample, (samples, ) uint32."""
        key = self._seed_and_epoch.tolist()
        if UNSET in key:
            raise ValueError('SeededDataset does not know the epoch, and would draw the same '
                             "augmentations in every one. Add dict(type='EpochSeedHook') to "
                             'custom_hooks, or call set_epoch.')
        if self._sample_seeds[0] != key:
            # A longer data set begins with the seeds of a shorter one.
            seeds = np.random.default_rng(key).integers(2**32, size=len(self), dtype=np.uint32)
            self._sample_seeds = key, seeds
        return self._sample_seeds[1]
