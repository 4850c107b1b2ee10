"""Training of a head on a frozen encoder that runs once, not in every epoch."""
from copy import deepcopy
from typing import Any

import torch
from mmaction.registry import HOOKS
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmengine.runner.amp import autocast
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from hico_mm.datasets.seeded import drawing_parts

from .check_hooks import unwrap


@HOOKS.register_module()
class CacheFeaturesHook(Hook):
    """Replaces skeletons by their features while a head is trained on a frozen encoder.

    A frozen encoder gives the same features in every epoch if the data stay the same, as in linear
    evaluation. Then only the time changes: an epoch costs the head alone. Augmentation would be drawn
    once and frozen, so ``SeededDataset`` and ``blending``, its usual signs, are refused. Sampling,
    precision, head, loss, metric and checkpoints stay those of the config.

    Without shuffling, a run equals the uncached one to the last bit. Shuffling puts other sequences into
    an epoch's last, smaller batch, where matrix products may round differently: features of a mean
    magnitude of 1.3 differed by up to 4e-6 on a CPU in batches of less than 4 sequences.
    """

    def before_train(self, runner: Runner) -> None:
        """Extract all features; raise a ValueError if they would change from epoch to epoch."""
        model = unwrap(runner.model)
        change = None
        if not getattr(model.backbone, 'frozen', False):
            change = 'backbone is not frozen. Set model.backbone.frozen=True or drop the hook.'
        elif any(hasattr(x, 'set_epoch') for x in drawing_parts(runner.train_dataloader.dataset)):
            change = 'training data are a SeededDataset, made for augmentation. Drop one of both.'
        elif getattr(model.data_preprocessor, 'blending', None) is not None:
            change = 'data preprocessor has blending, which mixes sequences. Drop one of both.'
        if change is not None:
            raise ValueError(
                f'CacheFeaturesHook needs the same features in every epoch, but the {change}')
        # The precision that each loop runs its forward passes in.
        precisions = [(runner.train_loop, runner.optim_wrapper.optim_context(runner.model))]
        if runner.val_loop is not None:
            precisions.append((runner.val_loop, autocast(enabled=runner.val_loop.fp16)))
        self._loaders = [(loop, loop.dataloader) for loop, _ in precisions]

        model.eval()
        for loop, precision in precisions:
            with torch.no_grad(), precision:
                loop.dataloader = _cached(model, loop.dataloader)
        # Set on the instances, so that the modules keep their weights and names in checkpoints.
        model.data_preprocessor.forward = _as_it_is
        model.backbone.forward = _as_instance_feature

    def after_train(self, runner: Runner) -> None:
        """Let loaders and model deal with skeletons again."""
        model = unwrap(runner.model)
        del model.data_preprocessor.forward, model.backbone.forward
        for loop, loader in self._loaders:
            loop.dataloader = loader


class CachedFeatures(Dataset):
    """Features (N, clips, D) and samples, both on the model's device, in the order of their data set."""

    def __init__(self, features: Tensor, data_samples: list, metainfo: dict) -> None:
        self.features, self.data_samples, self.metainfo = features, data_samples, metainfo

    def __len__(self) -> int:
        return len(self.features)

    def __getitems__(self, indices: list[int]) -> dict:
        """Return a batch as a data preprocessor leaves it."""
        # torch asks for a whole batch at once: thousands of single rows took as long as the head. The
        # samples are no copies; a prediction stays in them until that of the next epoch.
        return dict(inputs=self.features[indices],
                    data_samples=[self.data_samples[index] for index in indices])


def _cached(model: nn.Module, loader: DataLoader) -> DataLoader:
    """Return a loader of the features, with the sampler and the batches of the given one."""
    features, data_samples = [], []
    in_order = DataLoader(loader.dataset, loader.batch_size, collate_fn=loader.collate_fn,
                          num_workers=loader.num_workers)
    for batch in in_order:
        batch = model.data_preprocessor(batch)
        # Copies, because each label that comes from a worker keeps a file open.
        data_samples += deepcopy(batch['data_samples'])
        instance = model.extract_feat(batch['inputs'])[0]['instance'].float()  # (N * clips, D)
        features.append(instance.unflatten(0, batch['inputs'].shape[:2]))  # (N, clips, D)
    dataset = CachedFeatures(torch.cat(features), data_samples, loader.dataset.metainfo)
    return DataLoader(dataset, loader.batch_size, sampler=loader.sampler,
                      drop_last=loader.drop_last, collate_fn=_as_it_is)


def _as_it_is(batch: Any, training: bool = False) -> Any:
    """Stand in for the data preprocessor, and for the collation of a batch."""
    return batch


def _as_instance_feature(feature: Tensor) -> dict[str, Tensor]:
    """Stand in for ``HiCoEncoder.forward``, (N, D) -> instance (N, D)."""
    return dict(instance=feature)
