"""Models small enough for the slow references, their inputs, and steps of training."""
from copy import deepcopy

import mmaction.engine  # noqa: F401  (registers how AAGCN's weights start)
import torch
from mmaction.registry import MODELS

LAYOUT = dict(num_joints=3, num_persons=2, num_frames=8, in_channels=2)
HIDDEN, GRANULARITIES, PROJECTED, QUEUE_LENGTH = 8, 2, 4, 10
FEATURES = ['instance', 'temporal', 'spatial', 'clip', 'part']


def encoder_config(num_granularities=GRANULARITIES, s2s='S2SGRU', **kwargs):
    """Config of an encoder; ``s2s`` is a registered name or a config."""
    return {
        'type': 'HiCoEncoder', **LAYOUT, 'hidden_channels': HIDDEN,
        'num_granularities': num_granularities,
        's2s': s2s if isinstance(s2s, dict) else dict(type=s2s), **kwargs}


def build_encoder(*args, **kwargs):
    return MODELS.build(encoder_config(*args, **kwargs))


def recognizer_config(s2s='S2SGRU', momentum=0.9, contrast=None, **kwargs):
    """Config of a recognizer; ``contrast`` are the weights of the levels, ``kwargs`` the encoder's."""
    return dict(
        type='MoCoRecognizer', backbone=encoder_config(s2s=s2s, **kwargs),
        neck=dict(type='Projectors', out_channels=PROJECTED),
        contrast=dict(type='HierarchicalContrastLoss', weights=contrast),
        queue=dict(type='FeatureQueue', length=QUEUE_LENGTH), momentum=momentum)


def build_recognizer(*args, **kwargs):
    return MODELS.build(recognizer_config(*args, **kwargs))


def skeletons(batch_size=2, num_joints=3, num_persons=2, num_frames=8, in_channels=2):
    """A batch (N, M, T, V, C) for ``encoder_config``."""
    return torch.randn(batch_size, num_persons, num_frames, num_joints, in_channels)


def views(batch_size=3, num_views=2):
    """A batch (N, views, M, T, V, C)."""
    return torch.randn(batch_size, num_views, 2, 8, 3, 2)


def assert_same(tensors, expected):
    """Of two dicts of tensors, names and values are the same to the last bit."""
    torch.testing.assert_close(tensors, expected, rtol=0, atol=0)


def state_of(model):
    """A copy of the state dict, which further steps do not change."""
    return deepcopy(model.state_dict())


def total(losses):
    """What MMEngine sums up for the backward pass."""
    return sum(value for name, value in losses.items() if name.startswith('loss'))


def sgd(model):
    return torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)


def train_step(model, optimizer, inputs):
    """One step of training; returns its losses."""
    losses = model.loss(inputs, None)
    optimizer.zero_grad()
    total(losses).backward()
    optimizer.step()
    return losses


# MMAction2's skeleton networks, small, and as encoders.

SIZES = dict(num_joints=17, num_persons=2, num_frames=8, in_channels=3)
SMALL = dict(base_channels=4, num_stages=2, inflate_stages=[2], down_stages=[2])
CHANNELS = 8  # of the last stage
NETWORKS = {
    'ST-GCN': dict(
        type='STGCN', graph_cfg=dict(layout='coco', mode='stgcn_spatial'), **SMALL),
    'ST-GCN++': dict(
        type='STGCN', graph_cfg=dict(layout='coco', mode='spatial'), gcn_adaptive='init',
        gcn_with_res=True, tcn_type='mstcn', **{**SMALL, 'base_channels': 12}),
    'AAGCN': dict(type='AAGCN', graph_cfg=dict(layout='coco', mode='spatial'), **SMALL),
}


def pooled_config(network='ST-GCN', **kwargs):
    return dict(type='PooledGCN', network=dict(NETWORKS[network]), **{**SIZES, **kwargs})


def gcn_recognizer_config(network='ST-GCN'):
    """Momentum contrast of whole sequences, with a short queue."""
    return dict(
        type='MoCoRecognizer', backbone=pooled_config(network),
        neck=dict(type='Projectors', out_channels=4),
        contrast=dict(type='HierarchicalContrastLoss', temperature=0.1,
                      weights=dict(domain=0, clip=0, part=0)),
        queue=dict(type='FeatureQueue', length=10), momentum=0.9)


def build_scrambled(model):
    """A model, or that of a config, with other weights and statistics than before."""
    model = MODELS.build(model) if isinstance(model, dict) else model
    for name, tensor in model.state_dict().items():
        if tensor.is_floating_point() and 'queues' not in name:
            tensor.copy_(torch.rand_like(tensor) + 0.5 if 'running_var' in name
                         else tensor + 0.1 * torch.randn_like(tensor))
    return model


def sequences():
    """A batch (N, M, T, V, C) for ``pooled_config``."""
    return skeletons(3, **SIZES)
