"""Recognizers with the weights of a checkpoint, and the features that they give."""
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from mmaction.registry import MODELS
from mmengine.config import Config, ConfigDict
from mmengine.registry import init_default_scope
from mmengine.runner import set_random_seed
from torch import Tensor, nn

from hico_mm.datasets.seeded import restored_generators
from hico_mm.models.data_preprocessors import stream_of
from hico_mm.utils import load_checkpoint_file, load_part, strip_module

EXPECTED = ('Name the config of a pre-training, such as configs/hico_demo.py, or that of a task, from '
            'its work dir')
# With these arguments MapJoints turns or scales the skeletons.
TURNING = {'axes', 'scale', 'target_axes', 'target_scale'}


def find_test_data(cfg: Config) -> ConfigDict:
    """Find the test data of a config, whose ``pipeline`` prepares a sequence; wrappers are opened."""
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
    """Yield the data sets of a loader, wrapped ones after their wrapper."""
    for key in ('dataset', 'datasets'):
        children = node.get(key) or []
        for child in children if isinstance(children, list) else [children]:
            yield child
            yield from _datasets(child)


def configured_classes(dataset: ConfigDict) -> Sequence[str] | None:
    """Names of the classes in the config of a data set, if it has some."""
    return (dataset.get('metainfo') or {}).get('classes')


def load_recognizer(cfg: Config, checkpoint: str | None,
                    with_head: bool = True) -> tuple[nn.Module, list[str] | None]:
    """Build the recognizer of a pre-training or task config and load what features and scores need.

    Without a checkpoint the encoder is untrained; without ``with_head`` a head stays random. Returns the
    recognizer in evaluation mode, and the names of the classes of its head, where there are some.
    """
    init_default_scope(cfg.get('default_scope', 'mmaction'))
    with restored_generators():
        set_random_seed(cfg.get('randomness', {}).get('seed') or 0)  # for the untrained encoder
        model = MODELS.build(cfg.model).eval()
    has_head = with_head and getattr(model, 'with_cls_head', False)
    if checkpoint is None:
        if has_head:
            raise ValueError(f'{cfg.filename} has a head for classes, which without a checkpoint is '
                             'random. Name its checkpoint, or a pre-training config for features.')
        return model, None
    content = load_checkpoint_file(checkpoint)
    state = strip_module(content.get('state_dict', content))
    if has_head and state and not any(name.startswith('cls_head.') for name in state):
        raise ValueError(f'{cfg.filename} has a head for classes, but the checkpoint {checkpoint} has '
                         'none: it is of a pre-training. Name the checkpoint of the task, or the config '
                         'of the pre-training.')
    load_part(model, state, ('backbone.', 'cls_head.') if has_head else ('backbone.', ), checkpoint)
    if not has_head:
        return model, None
    of_checkpoint = (content.get('meta', {}).get('dataset_meta') or {}).get('classes')
    return model, _head_classes(cfg, model, of_checkpoint)


def _head_classes(cfg: Config, model: nn.Module, of_checkpoint: list[str] | None) -> list[str] | None:
    classes = configured_classes(find_test_data(cfg)) or of_checkpoint
    if not classes:
        return None
    if len(classes) != model.cls_head.num_classes:
        raise ValueError(f'There are names of {len(classes)} classes, but the head has '
                         f'{model.cls_head.num_classes}. Correct metainfo.classes of the data set.')
    return list(classes)


@torch.no_grad()
def encode(model: nn.Module, batch: dict, with_scores: bool) -> tuple[Tensor, Tensor | None]:
    """Run a recognizer on a collated batch of N sequences, as a test loop does.

    Returns the instance features (N, D) float32 and, if they are asked for, the class scores
    (N, classes), both on the CPU.
    """
    batch = model.data_preprocessor(batch)
    features, options = model.extract_feat(batch['inputs'], test_mode=True)
    instance = instance_feature(features, len(batch['data_samples'])).float().cpu()
    if not with_scores:
        return instance, None
    samples = model.cls_head.predict(features, batch['data_samples'], **options)
    return instance, torch.stack([sample.pred_score for sample in samples]).cpu()


def instance_feature(features: Mapping[str, Tensor] | Tensor, num_sequences: int) -> Tensor:
    """Average the instance features of the clips of each sequence, to (N, D).

    The features are those of an encoder by name, ``instance`` (N * clips, D) among them, or feature maps
    (N * clips, M, D, T', V') of a network of MMAction2.
    """
    instance = features['instance'] if isinstance(features, Mapping) else features.mean((1, 3, 4))
    return instance.unflatten(0, (num_sequences, -1)).mean(1)  # (N * clips, D) -> (N, D)


def count_channels(model: nn.Module) -> int:
    """Channels of the instance feature; of a network that does not say it, the head does."""
    channels = getattr(model.backbone, 'feature_channels', None)
    return channels['instance'] if channels else model.cls_head.in_channels


def encoder_fingerprint(model: nn.Module, cfg: Config) -> str:
    """Name an encoder by all that its features depend on: weights, stream, settings, test pipeline.

    Returns 16 hexadecimal digits. Features can be compared if theirs are the same.
    """
    # Neither of these changes a feature: whether the encoder is frozen, and from which layout the joints
    # are mapped.
    backbone = {key: value for key, value in cfg.model.backbone.items() if key != 'frozen'}
    pipeline = [step for step in find_test_data(cfg).pipeline
                if step['type'] != 'MapJoints' or TURNING & step.keys()]
    settings = dict(stream=stream_of(model), backbone=backbone, pipeline=pipeline)
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode())
    for name, tensor in sorted(model.backbone.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().double().numpy().tobytes())
    return digest.hexdigest()[:16]
