# CrosSCLR with three small ST-GCNs on procedural skeletons: half an hour on two CPU cores.
_base_ = ['../_base_/crossclr.py', '../_base_/datasets/demo.py']

# Own choice, for few steps and little time, as in skeletonclr_demo.py.
encoder = dict(num_frames=64, network=_base_.small_network)
model = dict(
    backbone=dict(encoders={stream: encoder for stream in _base_.streams}), neck=_base_.small_neck,
    contrast=dict(
        temperature=0.1,
        terms=[*(dict(term, end=12) for term in _base_.first_stage),
               *(dict(term, begin=12) for term in _base_.second_stage)]),
    queue=dict(length=256), momentum=0.99)
param_scheduler = dict(milestones=[20])
train_cfg = dict(max_epochs=24, val_interval=4)
default_hooks = dict(logger=dict(interval=6), checkpoint=dict(interval=4))
protocol = 'small_sets'
