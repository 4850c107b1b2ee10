"""Refuse a training that cannot work or does not mean what it seems to mean."""
import json
import math
from pathlib import Path
from typing import Any

from mmaction.registry import HOOKS
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.optim import OptimWrapper
from mmengine.runner import Runner

from hico_mm.datasets import skeleton_collate
from hico_mm.datasets.label_fraction import LabelFraction
from hico_mm.datasets.seeded import drawing_parts
from hico_mm.models import SkeletonPreprocessor
from hico_mm.utils import atomic_write, check_fit, normalise_prefix

DRAW_FILE = 'labelled_sequences.json'


@HOOKS.register_module()
class TrainLoaderCheckHook(Hook):
    """Refuses a training loader that cannot serve the model.

    That is one without a batch, one whose workers repeat their augmentations in every epoch, and one
    that stacks batches for a preprocessor that stacks them itself.
    """

    def before_train(self, runner: Runner) -> None:
        """Raise a ValueError if the loader is one of these."""
        loader = runner.train_dataloader
        if len(loader) == 0:
            raise ValueError(f'train_dataloader has no batch: {len(loader.dataset)} sequences, '
                             f'batch_size={loader.batch_size} and drop_last={loader.drop_last}. Lower '
                             'the batch size.')
        # MMEngine seeds workers by a constant when they start, which is then in every epoch.
        if (loader.num_workers > 0 and not loader.persistent_workers
                and not all(hasattr(x, 'set_epoch') for x in drawing_parts(loader.dataset))):
            raise ValueError(f'train_dataloader has num_workers={loader.num_workers} and '
                             'persistent_workers=False, with which MMEngine draws the same '
                             'augmentations in every epoch. Wrap the data set in '
                             "dict(type='SeededDataset'), or set persistent_workers=True.")
        preprocessor = unwrap(runner.model).data_preprocessor
        collate = getattr(loader.collate_fn, 'func', loader.collate_fn)  # MMEngine makes a partial
        if collate is skeleton_collate and not isinstance(preprocessor, SkeletonPreprocessor):
            raise ValueError('train_dataloader stacks batches by skeleton_collate, but the model has '
                             f'the {type(preprocessor).__name__}, which takes lists. Set '
                             "model.data_preprocessor=dict(type='SkeletonPreprocessor'), or in all "
                             "loaders collate_fn=dict(type='pseudo_collate').")


@HOOKS.register_module()
class CheckpointFitHook(Hook):
    """Refuses a checkpoint that does not fit the model; MMEngine logs it and goes on.

    A resumed training needs the whole model.

    Args:
        prefix: Part of the model that training from ``load_from`` needs; new heads and projectors are
            trained from scratch.
        test_prefix: Part that testing needs. ``''`` is the whole model; ``'backbone.'`` is enough for
            retrieval.
    """

    def __init__(self, prefix: str = 'backbone.', test_prefix: str = '') -> None:
        self.prefix = normalise_prefix(prefix)
        self.test_prefix = normalise_prefix(test_prefix)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Raise a ValueError if a weight or buffer is missing or has another shape."""
        if runner.cfg.get('resume', False):
            prefix = ''
        elif isinstance(runner.optim_wrapper, OptimWrapper):  # a dict until training starts
            prefix = self.prefix
        else:
            prefix = self.test_prefix
        model_state = unwrap(runner.model).state_dict()
        part = {name.removeprefix(prefix): value for name, value in model_state.items()
                if name.startswith(prefix)}
        if not part:
            raise ValueError(f'CheckpointFitHook is to check {prefix!r}, but the model has only '
                             f'{sorted({name.split(".")[0] for name in model_state})}. Correct its '
                             'prefix.')
        state = checkpoint.get('state_dict', checkpoint)
        check_fit(part, state, prefix, runner.cfg.get('load_from') or 'the checkpoint to resume')
        # MMEngine would list each tensor that a probe does not take from its pre-training.
        for name in list(state):
            if name.removeprefix('module.') not in model_state:
                del state[name]


@HOOKS.register_module()
class FiniteLossHook(Hook):
    """Ends a training whose loss is NaN or infinite; MMEngine trains on.

    It looks at the newest loss in the message hub, and so never waits for a GPU itself: with
    ``DeferredRuntimeInfoHook`` it sees a lost loss when the next log is due, at the end of the epoch at
    the latest.
    """

    # Before CheckpointHook, so that no lost weights replace good ones.
    priority = 'NORMAL'

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None,
                         outputs: dict | None = None) -> None:
        """Raise a ValueError if the newest loss is not finite."""
        _check_loss(runner)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Look again before a checkpoint that is written between two logs."""
        if 'train/loss' in runner.message_hub.log_scalars:
            _check_loss(runner)


def _check_loss(runner: Runner) -> None:
    loss = runner.message_hub.get_scalar('train/loss').current()
    if not math.isfinite(loss):
        raise ValueError(
            f'The loss is {loss}, seen in epoch {runner.epoch + 1} after {runner.iter + 1} '
            'iterations. Lower the learning rate, and look for extreme coordinates in the data.')


@HOOKS.register_module()
class LabelledSequencesHook(Hook):
    """Saves the draw of a ``LabelFraction`` as ``labelled_sequences.json`` in the work dir.

    The file has the keys ``fraction``, ``seed``, ``num_per_class`` (number by label) and ``frame_dirs``
    (sorted names). A training whose data are not drawn gets no file.
    """

    # Before CacheFeaturesHook, which puts features in the place of the data set.
    priority = 'ABOVE_NORMAL'

    def before_train(self, runner: Runner) -> None:
        """Write the file; raise a ValueError if the work dir has that of another draw."""
        dataset = runner.train_dataloader.dataset
        while dataset is not None and not isinstance(dataset, LabelFraction):
            dataset = getattr(dataset, 'dataset', None)
        if dataset is None:
            return
        draw = dict(
            fraction=dataset.fraction, seed=dataset.seed,
            num_per_class={str(label): number for label, number in dataset.num_per_class.items()},
            frame_dirs=sorted(dataset.frame_dirs))
        path = Path(runner.work_dir) / DRAW_FILE
        # On every rank, so that all of them stop; a file that this run has just written is the same.
        if path.exists():
            saved = json.loads(path.read_text())
            others = len(set(draw['frame_dirs']) - set(saved['frame_dirs']))
            if draw != saved:
                raise ValueError(
                    f'The work dir belongs to another draw of labels: {path} lists '
                    f'{_describe_draw(saved)}, but the training data are {_describe_draw(draw)}, '
                    f'{others} of them not in the list. Name another work dir, delete this one, or '
                    'train with the earlier fraction, seed and annotation file.')
        elif is_main_process():
            with atomic_write(path) as file:
                file.write(json.dumps(draw, indent=1).encode())
            runner.logger.info(f'{len(dataset)} labelled sequences are listed in {path}')


def _describe_draw(draw: dict) -> str:
    return f"{len(draw['frame_dirs'])} sequences of fraction={draw['fraction']} and seed={draw['seed']}"


def unwrap(model: Any) -> Any:
    """Return the model inside a distributed wrapper, or the model itself."""
    return model.module if is_model_wrapper(model) else model
