# SkeletonCLR: the single stream of CrosSCLR (Li et al., CVPR 2021, "3D Human Action Representation
# Learning via Cross-View Consistency Pursuit"), momentum contrast of whole sequences with ST-GCN.
# Numbers: config/CrosSCLR and net/ of github.com/LinguoLi/CrosSCLR.

# (joint, parent). MMAction2's layout 'nturgb+d' ties both tips of a hand to the hand; here, as in the
# authors' code, the hand leads to the thumb and the thumb to the tip.
edges = [(0, 1), (1, 20), (2, 20), (3, 2), (4, 20), (5, 4), (6, 5), (7, 6), (8, 20), (9, 8), (10, 9),
         (11, 10), (12, 0), (13, 12), (14, 13), (15, 14), (16, 0), (17, 16), (18, 17), (19, 18),
         (21, 22), (22, 7), (23, 24), (24, 11)]
graph = dict(num_node=25, inward=edges, center=20)
encoder = dict(
    type='PooledGCN',
    num_joints=25,
    num_persons=2,
    num_frames=50,
    in_channels=3,
    # MMAction2's own: network=dict(_delete_=True, type='STGCN', graph_cfg=dict(layout='nturgb+d')).
    network=dict(
        type='STGCNOfWidths',
        widths=[16, 16, 16, 16, 32, 32, 32, 64, 64, 256],
        graph_cfg=dict(layout=graph, mode='stgcn_spatial'),
        tcn_dropout=0.5,
        init_cfg=[
            dict(type='Normal', layer=['Conv2d', 'Linear'], std=0.02),
            dict(type='Normal', layer=['BatchNorm1d', 'BatchNorm2d'], mean=1.0, std=0.02),
        ]))
model = dict(
    type='MoCoRecognizer',
    data_preprocessor=dict(type='SkeletonPreprocessor', stream='joint', parents='nturgb+d'),
    backbone=encoder,
    neck=dict(  # the hidden layer is as wide as the feature
        type='Projectors', out_channels=128, init_cfg=dict(type='Normal', layer='Linear', std=0.02)),
    contrast=dict(
        type='Contrast', temperature=0.07, terms=[dict(type='InfoNCE', query='instance')]),
    queue=dict(type='FeatureQueue', length=32768),
    # In the authors' code the key encoder is drawn anew before the first step; here it is a copy.
    momentum=0.999)
# For small sets and little time; own choice. The stages reach over four bones, but eight lie between the
# hands. So the graph is learnt, as in ST-GCN++.
small_network = dict(
    _delete_=True, type='STGCN', graph_cfg=dict(layout='nturgb+d', mode='spatial'),
    gcn_adaptive='init', gcn_with_res=True, base_channels=8, num_stages=4, inflate_stages=[2, 3, 4],
    down_stages=[2, 3, 4], tcn_dropout=0.0)
# Xavier-uniform weights: from the authors' small ones, a few hundred steps do not get far.
small_neck = dict(init_cfg=None)
