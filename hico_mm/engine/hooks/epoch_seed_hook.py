"""Random numbers that follow from the seed and the epoch."""
from typing import Any

import numpy as np
import torch
from mmaction.registry import HOOKS
from mmengine.dist import broadcast_object_list, get_rank
from mmengine.hooks import Hook
from mmengine.runner import EpochBasedTrainLoop, Runner, set_random_seed

from hico_mm.datasets.seeded import drawing_parts


@HOOKS.register_module()
class EpochSeedHook(Hook):
    """Starts every training epoch from random states made of seed, epoch and rank.

    So an epoch does not depend on what ran before it in the same process: neither on the random
    numbers that an evaluation took, nor on a restart. A resumed run repeats the uninterrupted one,
    although MMEngine keeps no random state in checkpoints.

    A data set with a method ``set_epoch(seed, epoch)``, such as ``SeededDataset``, is told the two, also
    inside MMEngine's wrappers, so that its samples do not depend on workers either.
    """

    def before_train(self, runner: Runner) -> None:
        """Give the sampler the seed of a resumed run; raise a ValueError if there are no epochs."""
        if not isinstance(runner.train_loop, EpochBasedTrainLoop):
            raise ValueError('EpochSeedHook seeds epochs, but training is by '
                             f"{type(runner.train_loop).__name__}. Use train_cfg=dict(type="
                             "'EpochBasedTrainLoop', ...), or drop the hook and SeededDataset.")
        # The sampler was built before the checkpoint's seed was read.
        sampler = runner.train_dataloader.sampler
        if hasattr(sampler, 'seed'):
            sampler.seed = _shared_seed(runner)

    def before_train_epoch(self, runner: Runner) -> None:
        """Seed the data set, and all generators of this process."""
        for dataset in drawing_parts(runner.train_dataloader.dataset):
            if hasattr(dataset, 'set_epoch'):
                dataset.set_epoch(_shared_seed(runner), runner.epoch)
        set_random_seed(_epoch_seeds(runner)[0])

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Seed torch anew for the first forward pass."""
        # A loader draws a number from torch when it starts its workers: persistent workers start in the
        # first epoch of a run, which is a later one if the run is resumed.
        if batch_idx == 0:
            torch.manual_seed(_epoch_seeds(runner)[1])


def _shared_seed(runner: Runner) -> int:
    """Return the seed of the first rank; with ``diff_rank_seed`` each has its own."""
    seed = [runner.seed]
    broadcast_object_list(seed)
    return seed[0]


def _epoch_seeds(runner: Runner) -> list[int]:
    """Return two seeds, for the data and for the model."""
    return np.random.SeedSequence((runner.seed, runner.epoch, get_rank())).generate_state(2).tolist()
