# ISC (Thoker et al., ACM MM 2021, "Skeleton-Contrastive 3D Action Representation Learning"): two
# encoders, of which each is contrasted with the other, as in HiCo's domain level. The sequence encoder
# is what is evaluated. Numbers: github.com/fmthoker/skeleton-contrast.
_base_ = 'skeletonclr.py'

sizes = dict(num_joints=25, num_persons=2, num_frames=64, in_channels=3)
model = dict(
    backbone=dict(
        _delete_=True,
        type='EncoderGroup',
        instance=['sequence'],
        encoders=dict(
            # In the authors' code both directions read forward: variant='released'.
            sequence=dict(
                type='RecurrentEncoder', cell='GRU', hidden_channels=1024, num_layers=3,
                variant='paper', **sizes),
            graph=dict(
                type='PooledGCN',
                network=dict(
                    type='AGCN', graph_cfg=dict(layout=_base_.graph, mode='spatial')),
                **sizes))),
    neck=dict(_delete_=True, type='Projectors', out_channels=128),
    contrast=dict(
        terms=[
            dict(type='InfoNCE', query='sequence', key='graph'),
            dict(type='InfoNCE', query='graph', key='sequence'),
        ]),
    queue=dict(length=16384))
