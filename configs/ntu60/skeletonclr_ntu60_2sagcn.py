# SkeletonCLR with 2s-AGCN as MMAction2 has it (AAGCN without attention), NTU-60 x-sub, joint stream.
_base_ = 'skeletonclr_ntu60.py'

model = dict(
    backbone=dict(
        network=dict(
            _delete_=True,
            type='AAGCN',
            graph_cfg=dict(layout='nturgb+d', mode='spatial'),
            base_channels=64,
            gcn_attention=False)))
