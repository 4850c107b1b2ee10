"""MMAction2's skeleton networks, small, and as encoders."""
import mmaction.engine  # noqa: F401  (registers how AAGCN's weights start)
import torch
from mmaction.registry import MODELS

SIZES = dict(num_joints=17, num_persons=2, num_frames=8, in_channels=3)
SMALL = dict(base_channels=4, num_stages=3, inflate_stages=[2], down_stages=[3])
CHANNELS = 8  # of the last stage
NETWORKS = {
    'ST-GCN': dict(
        type='STGCN', graph_cfg=dict(layout='coco', mode='stgcn_spatial'), **SMALL),
    'ST-GCN++': dict(
        type='STGCN', graph_cfg=dict(layout='coco', mode='spatial'), gcn_adaptive='init',
        gcn_with_res=True, tcn_type='mstcn', **{**SMALL, 'base_channels': 12}),
    '2s-AGCN': dict(
        type='AAGCN', graph_cfg=dict(layout='coco', mode='spatial'), gcn_attention=False, **SMALL),
    'AAGCN': dict(type='AAGCN', graph_cfg=dict(layout='coco', mode='spatial'), **SMALL),
}


def pooled_config(network='ST-GCN', **kwargs):
    return dict(type='PooledGCN', network=dict(NETWORKS[network]), **{**SIZES, **kwargs})


def recognizer_config(network='ST-GCN', **kwargs):
    """Momentum contrast of whole sequences, with a short queue."""
    return dict(
        type='MoCoRecognizer', backbone=pooled_config(network),
        neck=dict(type='Projectors', out_channels=4),
        contrast=dict(type='HierarchicalContrastLoss', temperature=0.1,
                      weights=dict(domain=0, clip=0, part=0)),
        queue=dict(type='FeatureQueue', length=10), **{'momentum': 0.9, **kwargs})


def build_scrambled(model):
    """A model, or that of a config, with other weights and statistics than before."""
    model = MODELS.build(model) if isinstance(model, dict) else model
    for name, tensor in model.state_dict().items():
        if tensor.is_floating_point() and 'queues' not in name:
            tensor.copy_(torch.rand_like(tensor) + 0.5 if 'running_var' in name
                         else tensor + 0.1 * torch.randn_like(tensor))
    return model


def sequences(batch_size=3, **sizes):
    """A batch (N, M, T, V, C)."""
    sizes = {**SIZES, **sizes}
    return torch.randn(batch_size, *(sizes[name] for name in (
        'num_persons', 'num_frames', 'num_joints', 'in_channels')))
