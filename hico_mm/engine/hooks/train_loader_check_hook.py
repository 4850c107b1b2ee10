"""No training that does nothing, or the same in every epoch."""
from mmaction.registry import HOOKS
from mmengine.hooks import Hook
from mmengine.runner import Runner


@HOOKS.register_module()
class TrainLoaderCheckHook(Hook):
    """Refuses a training loader without any batch, or whose workers replay their random numbers."""

    def before_train(self, runner: Runner) -> None:
        """Check the loader before the first epoch.

        Raises:
            ValueError: If an epoch would have no batch, or every epoch the same augmentations.
        """
        loader = runner.train_dataloader
        if len(loader) == 0:
            raise ValueError(
                f'train_dataloader has no batch: {len(loader.dataset)} sequences, '
                f'batch_size={loader.batch_size} and drop_last={loader.drop_last}. Lower the batch '
                'size.')
        # MMEngine seeds workers by a constant when they start, which they then do in every epoch.
        if (loader.num_workers > 0 and not loader.persistent_workers
                and not hasattr(loader.dataset, 'set_epoch')):
            raise ValueError(
                f'train_dataloader has num_workers={loader.num_workers} and '
                'persistent_workers=False, with which MMEngine draws the same augmentations in '
                "every epoch. Wrap the data set in dict(type='SeededDataset'), or set "
                'persistent_workers=True.')
