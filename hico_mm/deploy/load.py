"""A trained recognizer and what an exported file has to say of it, from config and checkpoint."""
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import set_random_seed
from torch import nn

from hico_mm.compat import load_checkpoint_file
from hico_mm.models.data_preprocessors import stream_of
from hico_mm.utils import load_part
from hico_mm.utils.config_nodes import iter_dicts

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
        ValueError: If the checkpoint does not fit, the class names are not as many as the classes, or
            the sizes are not known.
    """
    init_default_scope(cfg.get('default_scope', 'mmaction'))
    set_random_seed(cfg.get('randomness', {}).get('seed') or 0)  # for the untrained model
    model = MODELS.build(cfg.model)
    output = CLS_SCORE if with_head and getattr(model, 'with_cls_head', False) else FEATURE
    dataset_meta = {}
    if checkpoint != UNTRAINED:
        content = load_checkpoint_file(checkpoint)
        # Not the projectors, key encoder and queues of a pre-training.
        prefixes = ('backbone.', 'cls_head.') if output == CLS_SCORE else ('backbone.', )
        load_part(model, content.get('state_dict', content), prefixes, checkpoint)
        dataset_meta = content.get('meta', {}).get('dataset_meta') or {}
    classes = list(dataset_meta.get('classes', [])) if output == CLS_SCORE else []
    if classes and len(classes) != model.cls_head.num_classes:
        raise ValueError(f'{checkpoint} has the names of {len(classes)} classes, but the head has '
                         f'{model.cls_head.num_classes}. Correct metainfo.classes of its data set.')
    contract = Contract(
        **dict(zip(SIZES, _input_sizes(model, sizes), strict=True)), layout=_layout(cfg),
        stream=stream_of(model), output=output, classes=classes, pipeline=_pipeline(cfg))
    return Loaded(model, contract)


def _input_sizes(model: nn.Module, sizes: Sequence[int] | None) -> list[int]:
    """(M, T, V, C) of the input."""
    known = getattr(model.backbone, 'input_sizes', None)
    if sizes is None and known is None:
        raise ValueError(f'{type(model.backbone).__name__} does not know the sizes of its input. Give '
                         'them: --sizes M T V C, for example --sizes 2 64 25 3.')
    return list(sizes or (known[name] for name in SIZES))


def _pipeline(cfg: Config) -> list[dict]:
    """The transforms of the test data; empty if the config has none."""
    pipelines = _find(cfg.get('test_dataloader'), 'pipeline')
    return next(([dict(transform) for transform in pipeline] for pipeline in pipelines), [])


def _layout(cfg: Config) -> str:
    """The preset by which the test data are normalised, '' if none is named."""
    return next((layout for pipeline in _find(cfg.get('test_dataloader'), 'pipeline')
                 for layout in _find(pipeline, 'layout') if layout), '')


def _find(node: Any, key: str) -> Iterator[Any]:
    """Yield the values of a key anywhere below a node of a config."""
    return (found[key] for found in iter_dicts(node) if key in found)
