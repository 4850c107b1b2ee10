"""Recognizers with the weights of a checkpoint, and the features that they give."""
import hashlib
import json
from collections.abc import Mapping

import torch
from mmaction.registry import MODELS
from mmengine.config import Config, ConfigDict
from mmengine.registry import init_default_scope
from mmengine.runner import set_random_seed
from torch import Tensor, nn

from hico_mm.datasets.seeded import restored_generators
from hico_mm.models.data_preprocessors import stream_of
from hico_mm.utils import (
    iter_dicts,
    load_checkpoint_file,
    load_part,
    plain,
    strip_module,
    type_name,
)
from hico_mm.utils.tasks import check_encoder

# With these arguments MapJoints turns or scales the skeletons.
TURNING = {'axes', 'scale', 'target_axes', 'target_scale'}


def find_test_data(cfg: Config) -> ConfigDict:
    """Find the test data of a config, whose ``pipeline`` prepares a sequence; wrappers are opened."""
    for node in iter_dicts(cfg.get('test_dataloader')):
        if cfg.get('model') and node.get('pipeline'):
            return node
    raise ValueError(f'{cfg.filename} is no config of a pre-training or a task: a model and a '
                     'test_dataloader, whose dataset has a pipeline, are expected among its keys '
                     f'{sorted(cfg)}. Name one such as configs/hico_demo.py, or one from a work dir.')


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
    check_encoder(cfg, checkpoint)
    state = strip_module(content.get('state_dict', content))
    if has_head and state and not any(name.startswith('cls_head.') for name in state):
        raise ValueError(f'{cfg.filename} has a head for classes, but the checkpoint {checkpoint} has '
                         'none: it is of a pre-training. Name the checkpoint of the task, or the config '
                         'of the pre-training.')
    load_part(model, state, ('backbone.', 'cls_head.') if has_head else ('backbone.', ), checkpoint)
    if not has_head:
        return model, None
    metas = (find_test_data(cfg).get('metainfo'), content.get('meta', {}).get('dataset_meta'))
    classes = next((meta['classes'] for meta in metas if meta and meta.get('classes')), None)
    if classes and len(classes) != model.cls_head.num_classes:
        raise ValueError(f'There are names of {len(classes)} classes, but the head has '
                         f'{model.cls_head.num_classes}. Correct metainfo.classes of the data set.')
    return model, classes and list(classes)


@torch.no_grad()
def encode(model: nn.Module, batch: dict, with_scores: bool) -> tuple[Tensor, Tensor | None]:
    """Run a recognizer on a collated batch, as a test loop does.

    Returns instance features (N, D) float32 and, if asked for, class scores (N, classes), on the CPU.
    """
    batch = model.data_preprocessor(batch)
    features, options = model.extract_feat(batch['inputs'], test_mode=True)
    instance = instance_feature(features, len(batch['data_samples'])).float().cpu()
    if not with_scores:
        return instance, None
    samples = model.cls_head.predict(features, batch['data_samples'], **options)
    return instance, torch.stack([sample.pred_score for sample in samples]).cpu()


def instance_feature(features: Mapping[str, Tensor] | Tensor, num_sequences: int) -> Tensor:
    """Average ``instance`` (N * clips, D) over the clips of each sequence, to (N, D).

    Feature maps (N * clips, M, D, T', V') of MMAction2's networks are averaged over M, T', V' before.
    """
    instance = features['instance'] if isinstance(features, Mapping) else features.mean((1, 3, 4))
    return instance.unflatten(0, (num_sequences, -1)).mean(1)  # (N * clips, D) -> (N, D)


def count_channels(model: nn.Module) -> int:
    """Channels of the instance feature; of a network that does not say it, the head does."""
    channels = getattr(model.backbone, 'feature_channels', None)
    return channels['instance'] if channels else model.cls_head.in_channels


def encoder_fingerprint(model: nn.Module, cfg: Config) -> str:
    """Name an encoder by all that its features depend on: weights, stream, settings, test pipeline."""
    # Neither changes a feature: a frozen encoder, and from which layout the joints are mapped.
    backbone = {key: value for key, value in cfg.model.backbone.items() if key != 'frozen'}
    pipeline = [step for step in find_test_data(cfg).pipeline
                if type_name(step) != 'MapJoints' or TURNING & step.keys()]
    settings = dict(stream=stream_of(model), backbone=backbone, pipeline=pipeline)
    digest = hashlib.sha256(json.dumps(plain(settings), sort_keys=True).encode())
    for name, tensor in sorted(model.backbone.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().double().numpy().tobytes())
    return digest.hexdigest()[:16]
