"""Random numbers that follow from the seed and the epoch."""
from typing import Any

import numpy as np
import torch
from mmaction.registry import HOOKS
from mmengine.dist import broadcast_object_list, get_rank, get_world_size
from mmengine.hooks import Hook
from mmengine.runner import EpochBasedTrainLoop, Runner, set_random_seed

from hico_mm.datasets.seeded import drawing_parts


@HOOKS.register_module()
class EpochSeedHook(Hook):
    """Starts every training epoch from random states made of seed, epoch and rank.

    So an epoch does not depend on what ran before it in the same process: neither on the random
    numbers that an evaluation took, nor on a restart. A resumed run repeats the uninterrupted one,
    although MMEngine keeps no random state in checkpoints. It may begin in the middle of an epoch, whose
    first sequences are then left out, where MMEngine would repeat them.

    A data set with a method ``set_epoch(seed, epoch)``, such as ``SeededDataset``, is told the two, also
    inside MMEngine's wrappers, so that its samples do not depend on workers either.
    """

    # Of the present epoch: its number, its first iteration, and the batches that an earlier run did.
    _epoch, _start, _batches = None, 0, 0
    _sequences = 0  # that an earlier run did in the epoch to go on with
    _sampler = None

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Note how much of an unfinished epoch is done."""
        meta, loader = checkpoint['meta'], runner.train_dataloader
        if meta['epoch'] == self._epoch:
            meta['sequences'] = (meta['iter'] - self._start) * loader.batch_size * get_world_size()

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Read it."""
        if runner.cfg.get('resume'):
            self._sequences = checkpoint['meta'].get('sequences', 0)

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
        """Seed the data set, and all generators of this process; leave out what is done."""
        loader = runner.train_dataloader
        for dataset in drawing_parts(loader.dataset):
            if hasattr(dataset, 'set_epoch'):
                dataset.set_epoch(_shared_seed(runner), runner.epoch)
        set_random_seed(_epoch_seeds(runner)[0])
        self._batches = self._sequences // get_world_size() // loader.batch_size
        self._epoch, self._start = runner.epoch, runner.iter - self._batches
        if self._batches:
            runner.logger.info(f'Epoch {runner.epoch + 1} goes on after {self._batches} of its batches.')
            self._sampler = loader.batch_sampler.sampler
            loader.batch_sampler.sampler = [*self._sampler][self._batches * loader.batch_size:]
            self._sequences = 0

    def after_train_epoch(self, runner: Runner) -> None:
        """Let the next epoch be whole."""
        if self._batches:
            runner.train_dataloader.batch_sampler.sampler = self._sampler

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Seed torch anew for each forward pass."""
        # A run may be resumed at any batch. Besides, a loader draws a number from torch when it starts
        # its workers: persistent workers start in the first epoch of a run.
        torch.manual_seed(_epoch_seeds(runner)[1] + self._batches + batch_idx)


def _shared_seed(runner: Runner) -> int:
    """Return the seed of the first rank; with ``diff_rank_seed`` each has its own."""
    seed = [runner.seed]
    broadcast_object_list(seed)
    return seed[0]


def _epoch_seeds(runner: Runner) -> list[int]:
    """Return two seeds, for the data and for the model."""
    return np.random.SeedSequence((runner.seed, runner.epoch, get_rank())).generate_state(2).tolist()
