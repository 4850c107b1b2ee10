"""Names of classes: those of the model, and those of the files that are looked at."""
import os
import os.path as osp
from collections.abc import Sequence
from typing import Any

import torch
from mmengine.config import ConfigDict


def name_class(label: int | None, classes: Sequence[str] | None = None) -> str | None:
    """Name a class, by its number if it has no name.

    Args:
        label (int, optional): The class.
        classes (Sequence[str], optional): Names, in the order of the labels. Defaults to None.

    Returns:
        str | None: The name; None without a label.
    """
    if label is None:
        return None
    return classes[label] if classes and 0 <= label < len(classes) else f'class {label}'


def head_classes(dataset: ConfigDict, of_checkpoint: Sequence[str] | None,
                 model: torch.nn.Module) -> list[str] | None:
    """Find the names of the classes that a model tells apart.

    Args:
        dataset (ConfigDict): The test data of the config, perhaps with ``metainfo.classes``.
        of_checkpoint (Sequence[str], optional): Names that the checkpoint has.
        model (torch.nn.Module): The recognizer.

    Returns:
        list[str] | None: Names in the order of the scores, if there are some; None without a head.

    Raises:
        ValueError: If there are not as many as the head has classes.
    """
    classes = (dataset.get('metainfo') or {}).get('classes') or of_checkpoint
    if not classes or not getattr(model, 'with_cls_head', False):
        return None
    if len(classes) != model.cls_head.num_classes:
        raise ValueError(f'There are names of {len(classes)} classes, but the head has '
                         f'{model.cls_head.num_classes}. Correct metainfo.classes of the data set.')
    return list(classes)


def rank_classes(probabilities: torch.Tensor,
                 classes: Sequence[str] | None) -> tuple[tuple[str, float], ...]:
    """Name the classes of a head, the likeliest first.

    Args:
        probabilities (torch.Tensor): Of each class, (classes, ).
        classes (Sequence[str], optional): Their names.

    Returns:
        tuple[tuple[str, float], ...]: Names and probabilities.
    """
    values, labels = probabilities.sort(descending=True)
    return tuple((name_class(label, classes), value)
                 for label, value in zip(labels.tolist(), values.tolist(), strict=True))


def file_classes(dataset: ConfigDict, source: Any) -> Sequence[str] | None:
    """Find the names of the classes of what is looked at, as far as the config knows them.

    Args:
        dataset (ConfigDict): The test data of the config.
        source (Any): What is looked at. Labels of any file but the config's own mean other classes.

    Returns:
        Sequence[str] | None: ``metainfo.classes``, if it is the annotation file of the test data.
    """
    own = dataset.get('ann_file')
    if not own or not isinstance(source, str | os.PathLike):
        return None
    own = osp.join(dataset.get('data_root') or '', own)
    if osp.realpath(own) != osp.realpath(source):
        return None
    return (dataset.get('metainfo') or {}).get('classes')
