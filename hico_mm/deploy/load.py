"""A trained recognizer and what an exported file has to say of it, from config and checkpoint."""
from collections.abc import Sequence
from typing import NamedTuple

from mmengine.config import Config
from torch import nn

from hico_mm.inference.class_names import head_classes
from hico_mm.inference.loading import find_input, find_test_data, load_recognizer
from hico_mm.models.data_preprocessors import stream_of

from .contract import CLS_SCORE, FEATURE, SIZES, Contract

UNTRAINED = 'none'  # in the place of a checkpoint


class Loaded(NamedTuple):
    """A recognizer with its weights, and what it takes and gives."""

    model: nn.Module
    contract: Contract


def load_for_export(cfg: Config, checkpoint: str, with_head: bool = True,
                    sizes: Sequence[int] | None = None) -> Loaded:
    """Build the recognizer of a config, load its weights, and describe it.

    Args:
        cfg (Config): Config of a pre-training or of a task.
        checkpoint (str): A checkpoint of it, published or not; ``'none'`` for the untrained model.
        with_head (bool): Whether to give class scores if the model has a head. Defaults to True.
        sizes (Sequence[int], optional): M, T, V and C of the input, needed for backbones that do not
            know them. Defaults to those of the backbone.

    Returns:
        Loaded: The recognizer on the CPU, and its contract.

    Raises:
        FileNotFoundError: If there is no such checkpoint.
        ValueError: If the config has no test data, the checkpoint does not fit, scores of an untrained
            head are asked for, the class names are not as many as the classes, or the sizes are not
            known.
    """
    dataset = find_test_data(cfg)
    model, of_checkpoint = load_recognizer(
        cfg, None if checkpoint == UNTRAINED else checkpoint, with_head)
    output, classes = FEATURE, None
    if with_head and getattr(model, 'with_cls_head', False):
        output, classes = CLS_SCORE, head_classes(dataset, of_checkpoint, model)
    contract = Contract(
        **dict(zip(SIZES, _input_sizes(model, sizes), strict=True)),
        layout=find_input(dataset, model.backbone).layout or '', stream=stream_of(model), output=output,
        classes=classes or [], pipeline=[dict(transform) for transform in dataset.pipeline])
    return Loaded(model, contract)


def _input_sizes(model: nn.Module, sizes: Sequence[int] | None) -> list[int]:
    """(M, T, V, C) of the input."""
    known = getattr(model.backbone, 'input_sizes', None)
    if sizes is None and known is None:
        raise ValueError(f'{type(model.backbone).__name__} does not know the sizes of its input. Give '
                         'them: --sizes M T V C, for example --sizes 2 64 25 3.')
    return list(sizes or (known[name] for name in SIZES))
