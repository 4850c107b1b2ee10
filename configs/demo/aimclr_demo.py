# AimCLR with a small ST-GCN on procedural skeletons: minutes on two CPU cores.
_base_ = ['../_base_/aimclr.py', '../_base_/datasets/demo.py', '../_base_/pipelines/extreme.py']

# Own choice, for few steps and little time, as in skeletonclr_demo.py.
views = dict(type='Views', transforms=[_base_.view, [*_base_.view, *_base_.extreme], _base_.view])
train_dataloader = dict(
    dataset=dict(dataset=dict(pipeline=[*_base_.prepare, views, *_base_.pack])))
model = dict(
    backbone=dict(num_frames=64, network=_base_.small_network), neck=_base_.small_neck,
    contrast=dict(
        temperature=0.1,
        terms=[*(dict(term, end=12) for term in _base_.first_stage),
               *(dict(term, begin=12) for term in _base_.second_stage),
               *_base_.both_stages]),
    queue=dict(length=256), momentum=0.99)
param_scheduler = dict(milestones=[20])
train_cfg = dict(max_epochs=24, val_interval=4)
default_hooks = dict(logger=dict(interval=6), checkpoint=dict(interval=4))
protocol = 'small_sets'
