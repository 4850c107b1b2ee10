# SkeletonCLR with a small ST-GCN on procedural skeletons: minutes on two CPU cores.
_base_ = ['_base_/skeletonclr.py', '_base_/datasets/demo.py']

# Own choice, for few steps and little time: four stages of few channels. Eight bones lie between the
# hands, four more than the stages reach, so the graph is learnt, as by ST-GCN++. The rest is as in
# hico_demo.py, but for the learning rate, which is the authors'.
model = dict(
    backbone=dict(
        network=dict(
            graph_cfg=dict(mode='spatial'), gcn_adaptive='init', gcn_with_res=True, base_channels=8,
            num_stages=4, inflate_stages=[2, 3, 4], down_stages=[2, 3, 4], tcn_dropout=0.0)),
    contrast=dict(temperature=0.1),
    queue=dict(length=256),
    momentum=0.99)
param_scheduler = dict(milestones=[20])
train_cfg = dict(max_epochs=24, val_interval=4)
default_hooks = dict(logger=dict(interval=6), checkpoint=dict(interval=4))
