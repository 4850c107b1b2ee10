# SkeletonCLR with ST-GCN++ as MMAction2 has it, NTU-60 x-sub, joint stream.
_base_ = 'skeletonclr_ntu60.py'

model = dict(
    backbone=dict(
        network=dict(
            _delete_=True,
            type='STGCN',
            graph_cfg=dict(layout='nturgb+d', mode='spatial'),
            base_channels=64,
            gcn_adaptive='init',
            gcn_with_res=True,
            tcn_type='mstcn')))
