# SkeletonCLR with a small ST-GCN on procedural skeletons: minutes on two CPU cores.
_base_ = ['../_base_/skeletonclr.py', '../_base_/datasets/demo.py']

# Own choice, for few steps and little time. The rest is as in hico_demo.py, but for the learning rate,
# which is the authors'.
model = dict(
    backbone=dict(num_frames=64, network=_base_.small_network), neck=_base_.small_neck,
    contrast=dict(temperature=0.1), queue=dict(length=256), momentum=0.99)
param_scheduler = dict(milestones=[20])
train_cfg = dict(max_epochs=24, val_interval=4)
default_hooks = dict(logger=dict(interval=6), checkpoint=dict(interval=4))
protocol = 'small_sets'
