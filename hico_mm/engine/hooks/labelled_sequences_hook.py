"""Which labels a semi-supervised training has seen, beside its checkpoints."""
import json
from pathlib import Path
from typing import Any

from mmaction.registry import HOOKS
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner

from hico_mm.datasets.label_fraction import LabelFraction
from hico_mm.utils import atomic_write

FILE_NAME = 'labelled_sequences.json'


@HOOKS.register_module()
class LabelledSequencesHook(Hook):
    """Saves the draw of a ``LabelFraction`` as ``labelled_sequences.json`` in the work dir.

    The file has the keys ``fraction``, ``seed``, ``num_per_class`` (number by label) and
    ``frame_dirs`` (sorted names). Does nothing for training data that are not drawn.
    """

    # Before CacheFeaturesHook, which puts features in the place of the data set.
    priority = 'ABOVE_NORMAL'

    def before_train(self, runner: Runner) -> None:
        """Write the file, or compare it with the draw when training is resumed.

        Raises:
            ValueError: If the work dir has the file of another draw.
        """
        dataset = _find_label_fraction(runner.train_dataloader.dataset)
        if dataset is None:
            return
        draw = dict(
            fraction=dataset.fraction, seed=dataset.seed,
            num_per_class={str(label): n for label, n in dataset.num_per_class.items()},
            frame_dirs=sorted(dataset.frame_dirs))
        path = Path(runner.work_dir) / FILE_NAME
        # On every rank, so that all of them stop; a file of this very run does no harm.
        if path.exists():
            _compare(draw, json.loads(path.read_text()), path)
        elif is_main_process():
            with atomic_write(path) as file:
                file.write(json.dumps(draw, indent=1).encode())
            runner.logger.info(f'{len(dataset)} labelled sequences are listed in {path}')


def _find_label_fraction(dataset: Any) -> LabelFraction | None:
    """Look for the draw in a data set and in those that it wraps."""
    while dataset is not None and not isinstance(dataset, LabelFraction):
        dataset = getattr(dataset, 'dataset', None)
    return dataset


def _compare(draw: dict, saved: dict, path: Path) -> None:
    """Refuse a draw that is not the saved one."""
    if draw == saved:
        return
    others = len(set(draw['frame_dirs']) - set(saved['frame_dirs']))
    raise ValueError(
        f'The work dir belongs to another draw of labels: {path} lists {_describe(saved)}, but the '
        f'training data are {_describe(draw)}, {others} of them not in the list. Name another '
        'work dir, delete this one, or train with the earlier fraction, seed and annotation file.')


def _describe(draw: dict) -> str:
    return (f"{len(draw['frame_dirs'])} sequences of fraction={draw['fraction']} and "
            f"seed={draw['seed']}")
