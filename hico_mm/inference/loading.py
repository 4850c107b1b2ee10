"""Recognizers with their weights, and what they take, from config and checkpoint."""
import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import torch
from mmaction.registry import MODELS
from mmengine.config import Config, ConfigDict
from mmengine.registry import init_default_scope
from mmengine.runner import set_random_seed
from torch import Tensor

from hico_mm.datasets.layouts import LAYOUTS
from hico_mm.datasets.seeded import restored_generators
from hico_mm.models.data_preprocessors import stream_of
from hico_mm.utils import load_checkpoint_file, load_part, strip_module

EXPECTED = ('Name the config of a pre-training, such as configs/hico_demo.py, or that of a task, from '
            'its work dir')

OWN_AXES = {'axes', 'scale', 'target_axes', 'target_scale'}  # of MapJoints: other skeletons come of them


class InputSpec(NamedTuple):
    """What the pipeline of a config takes.

    Args:
        layout (str | None): The preset layout; None if the config names joints instead.
        num_joints (int | None): V; None if nothing says it.
        num_coords (int): C.
        axes (tuple[str, ...] | None): Where x, y and z point; None for the usual ones of the layout.
        scale (float): Factor to metres. Defaults to 1.
    """

    layout: str | None
    num_joints: int | None
    num_coords: int
    axes: tuple[str, ...] | None = None
    scale: float = 1.


def find_test_data(cfg: Config) -> ConfigDict:
    """Find the test data of a config, which say how a sequence is prepared.

    Args:
        cfg (Config): A pre-training or task config.

    Returns:
        ConfigDict: The data set, with its ``pipeline``.

    Raises:
        ValueError: If the config has no model or no such data.
    """
    missing = [key for key in ('model', 'test_dataloader') if not cfg.get(key)]
    if missing:
        raise ValueError(f'{cfg.filename} is no config of a pre-training or a task: it has no '
                         f'{missing}. {EXPECTED}.')
    for dataset in _datasets(cfg.test_dataloader):
        if dataset.get('pipeline'):
            return dataset
    raise ValueError(f'{cfg.filename} is no config of a pre-training or a task: test_dataloader.dataset '
                     f'has no pipeline. {EXPECTED}.')


def _datasets(node: Any) -> Iterator[ConfigDict]:
    """Yield data sets, wrapped ones after their wrapper."""
    for key in ('dataset', 'datasets'):
        children = node.get(key) or []
        for child in children if isinstance(children, list) else [children]:
            yield child
            yield from _datasets(child)


def find_input(dataset: ConfigDict, backbone: torch.nn.Module) -> InputSpec:
    """Find out what recordings have to be like.

    Args:
        dataset (ConfigDict): The test data of the config.
        backbone (torch.nn.Module): The encoder.

    Returns:
        InputSpec: What goes into the pipeline.
    """
    sizes = getattr(backbone, 'input_sizes', {})
    num_joints = sizes.get('num_joints') or dataset.get('num_joints')
    num_coords = sizes.get('in_channels') or dataset.get('num_coords') or 3
    for step in dataset.pipeline:
        # The first that depends on the layout; joints may be mapped there.
        layout = step.get(dict(MapJoints='source', NormalizeSkeleton='layout').get(step['type'], ''))
        if layout is not None:
            axes = step.get('axes')
            return InputSpec(layout, LAYOUTS[layout].num_joints, num_coords,
                             None if axes is None else tuple(axes), step.get('scale', 1.))
    return InputSpec(None, num_joints, num_coords)


def load_recognizer(cfg: Config, checkpoint: str | None,
                    with_head: bool = True) -> tuple[torch.nn.Module, list[str] | None]:
    """Build the recognizer of a config and load what features and class scores need.

    Args:
        cfg (Config): A pre-training or task config.
        checkpoint (str, optional): Path of the checkpoint; None for the untrained encoder.
        with_head (bool): Whether class scores are wanted, too; without, a head stays random. Defaults
            to True.

    Returns:
        tuple[torch.nn.Module, list[str] | None]: The recognizer in evaluation mode, and the class names
        that the checkpoint has, if any.

    Raises:
        FileNotFoundError: If there is no such checkpoint.
        ValueError: If it cannot be read or does not fit, or the classes of an untrained head are asked
            for.
    """
    init_default_scope(cfg.get('default_scope', 'mmaction'))
    with restored_generators():
        set_random_seed(cfg.get('randomness', {}).get('seed') or 0)  # for the untrained encoder
        model = MODELS.build(cfg.model)
    has_head = with_head and getattr(model, 'with_cls_head', False)
    if checkpoint is None:
        if has_head:
            raise ValueError(f'{cfg.filename} has a head for classes, which without a checkpoint is '
                             'random. Name its checkpoint, or a pre-training config for features.')
        return model.eval(), None
    content = load_checkpoint_file(checkpoint)
    state = strip_module(content.get('state_dict', content))
    if has_head and state and not any(name.startswith('cls_head.') for name in state):
        raise ValueError(f'{cfg.filename} has a head for classes, but the checkpoint {checkpoint} has '
                         'none: it is of a pre-training. Name the checkpoint of the task, or the config '
                         'of the pre-training.')
    prefixes = ('backbone.', 'cls_head.') if has_head else ('backbone.', )
    load_part(model, state, prefixes, checkpoint)
    return model.eval(), (content.get('meta', {}).get('dataset_meta') or {}).get('classes')


def count_channels(model: torch.nn.Module) -> int:
    """Channels of the instance feature; a network that does not say it has a head that does."""
    channels = getattr(model.backbone, 'feature_channels', None)
    return channels['instance'] if channels else model.cls_head.in_channels


def instance_feature(features: Mapping[str, Tensor] | Tensor, num_sequences: int) -> Tensor:
    """Take the instance feature of each sequence, the mean of its clips.

    Args:
        features (Mapping[str, Tensor] | Tensor): Features by name, of which ``instance`` (N * clips, D)
            is taken; or feature maps (N * clips, M, D, T', V') of MMAction2's networks, which are
            averaged over persons, frames and joints.
        num_sequences (int): N.

    Returns:
        Tensor: Features (N, D).
    """
    instance = features['instance'] if isinstance(features, Mapping) else features.mean((1, 3, 4))
    return instance.unflatten(0, (num_sequences, -1)).mean(1)  # (N * clips, D) -> (N, D)


def encoder_fingerprint(model: torch.nn.Module, cfg: Config) -> str:
    """Name an encoder, with all that its features depend on.

    Args:
        model (torch.nn.Module): The recognizer: the weights of its encoder, and its stream.
        cfg (Config): Its config: the settings of the encoder, and the test pipeline.

    Returns:
        str: 16 hexadecimal digits, other ones for features that cannot be compared.
    """
    # A frozen encoder gives the same features; which layout the data come from is no matter of it, as
    # long as they become the same skeletons.
    backbone = {key: value for key, value in cfg.model.backbone.items() if key != 'frozen'}
    pipeline = [step for step in find_test_data(cfg).pipeline
                if step['type'] != 'MapJoints' or OWN_AXES & step.keys()]
    settings = dict(stream=stream_of(model), backbone=backbone, pipeline=pipeline)
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode())
    for name, tensor in sorted(model.backbone.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().double().numpy().tobytes())
    return digest.hexdigest()[:16]
