"""No training that cannot work, does nothing, or does the same in every epoch."""
from mmaction.registry import HOOKS
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner

from hico_mm.datasets import skeleton_collate
from hico_mm.models import SkeletonPreprocessor


@HOOKS.register_module()
class TrainLoaderCheckHook(Hook):
    """Refuses a training loader whose batches are none, repeat themselves, or do not suit the model."""

    def before_train(self, runner: Runner) -> None:
        """Check the loader before the first epoch.

        Raises:
            ValueError: If an epoch would have no batch, every epoch the same augmentations, or stacked
                batches come to a preprocessor that stacks them itself.
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
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        preprocessor = model.data_preprocessor
        collate = getattr(loader.collate_fn, 'func', loader.collate_fn)  # MMEngine makes a partial
        if collate is skeleton_collate and not isinstance(preprocessor, SkeletonPreprocessor):
            raise ValueError(
                'train_dataloader stacks batches by skeleton_collate, but the model has the '
                f'{type(preprocessor).__name__}, which takes lists. Set model.data_preprocessor='
                "dict(type='SkeletonPreprocessor'), or in all loaders "
                "collate_fn=dict(type='pseudo_collate').")
