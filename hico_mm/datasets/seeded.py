"""Augmentation that follows from the seed, the epoch and the index of a sample alone."""
import copy
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from mmaction.registry import DATASETS
from mmengine.dataset import BaseDataset, force_full_init

UNSET = -1


@contextmanager
def seeded_draws(*key: int) -> Iterator[None]:
    """Seed the global generators of Python, NumPy and torch (CPU), and restore them at the end.

    Args:
        *key (int): Non-negative numbers; another key gives other draws.
    """
    words = np.random.SeedSequence(key).generate_state(4)  # (4,) uint32
    python_state, numpy_state = random.getstate(), np.random.get_state()
    with torch.random.fork_rng(devices=[]):
        try:
            random.seed(words.tobytes())
            np.random.seed(words)
            # torch.manual_seed would also reach for the GPU, which a forked worker must not.
            torch.default_generator.manual_seed(int(words[0]))
            yield
        finally:
            random.setstate(python_state)
            np.random.set_state(numpy_state)


@DATASETS.register_module()
class SeededDataset:
    """A wrapper that makes every random draw of a pipeline repeatable, stock transforms included.

    A sample's draws depend on the seed, the epoch and its index: not on the number of workers,
    the batch size, the rank, or on a restart in between. The index is the wrapper's own, so a
    sequence that an inner ``RepeatDataset`` repeats is augmented differently each time.

    Args:
        dataset (BaseDataset or dict): The dataset to wrap; other wrappers go inside.
        lazy_init (bool): Whether to load the annotations later. Defaults to False.
    """

    def __init__(self, dataset: BaseDataset | dict, lazy_init: bool = False) -> None:
        self.dataset = DATASETS.build(dataset) if isinstance(dataset, dict) else dataset
        self._metainfo = self.dataset.metainfo
        # In shared memory, because workers that outlive an epoch keep their copy of the dataset.
        self._seed_and_epoch = torch.full((2, ), UNSET, dtype=torch.int64).share_memory_()
        self._fully_initialized = False
        if not lazy_init:
            self.full_init()

    @property
    def metainfo(self) -> dict:
        """dict: A copy of the meta information of the wrapped dataset."""
        return copy.deepcopy(self._metainfo)

    def full_init(self) -> None:
        """Load the annotations of the wrapped dataset."""
        if not self._fully_initialized:
            self.dataset.full_init()
            self._fully_initialized = True

    def set_epoch(self, seed: int, epoch: int) -> None:
        """Choose the draws of the epoch, for this process and for workers that already run.

        Args:
            seed (int): Seed of the run, not negative.
            epoch (int): Number of the epoch, from 0.

        Raises:
            ValueError: If either is negative.
        """
        if seed < 0 or epoch < 0:
            raise ValueError('seed and epoch must not be negative, '
                             f'but got seed={seed} and epoch={epoch}.')
        self._seed_and_epoch.copy_(torch.tensor([seed, epoch]))

    @force_full_init
    def get_data_info(self, idx: int) -> dict:
        """Get the annotation of a sample.

        Args:
            idx (int): Index of the sample.

        Returns:
            dict: Its annotation.
        """
        return self.dataset.get_data_info(idx)

    @force_full_init
    def __len__(self) -> int:
        return len(self.dataset)

    @force_full_init
    def __getitem__(self, idx: int) -> Any:
        seed, epoch = self._seed_and_epoch.tolist()
        if seed == UNSET:
            raise ValueError('SeededDataset was not told the epoch, and would draw the same '
                             "augmentations in each. Add dict(type='EpochSeedHook') to custom_hooks, "
                             'or call set_epoch.')
        # -1 is the last sample under another name: it gets the same draws.
        with seeded_draws(seed, epoch, idx % len(self)):
            return self.dataset[idx]
