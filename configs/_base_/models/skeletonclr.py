# SkeletonCLR: the single stream of CrosSCLR (Li et al., CVPR 2021, "3D Human Action Representation
# Learning via Cross-View Consistency Pursuit"), momentum contrast of whole sequences with ST-GCN.
# Numbers without a comment: config/CrosSCLR and net/ of github.com/LinguoLi/CrosSCLR.
model = dict(
    type='MoCoRecognizer',
    data_preprocessor=dict(type='SkeletonPreprocessor', stream='joint', parents='nturgb+d'),
    backbone=dict(
        type='PooledGCN',
        num_joints=25,
        num_persons=2,
        num_frames=64,  # as HiCo; the authors resize to 50
        in_channels=3,
        network=dict(
            type='STGCN',
            graph_cfg=dict(layout='nturgb+d', mode='stgcn_spatial'),
            # A quarter of ST-GCN's channels, and 256 in the last of the ten stages. MMAction2 can only
            # double them: stage 9 has 128, that of the authors 64.
            base_channels=16,
            inflate_stages=[5, 8, 9, 10],
            tcn_dropout=0.5)),
    neck=dict(type='Projectors', out_channels=128),  # the hidden layer is as wide as the feature
    contrast=dict(
        type='HierarchicalContrastLoss',
        temperature=0.07,
        weights=dict(instance=1.0, domain=0.0, clip=0.0, part=0.0)),
    queue=dict(type='FeatureQueue', length=32768),
    momentum=0.999)
# For small sets and little time; own choice. The stages reach over four bones, but eight lie between the
# hands. So the graph is learnt, as in ST-GCN++.
small_network = dict(
    graph_cfg=dict(layout='nturgb+d', mode='spatial'), gcn_adaptive='init', gcn_with_res=True,
    base_channels=8, num_stages=4, inflate_stages=[2, 3, 4], down_stages=[2, 3, 4], tcn_dropout=0.0)
