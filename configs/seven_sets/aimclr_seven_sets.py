# AimCLR with a small ST-GCN on the data of hico_seven_sets.py. Own choices: those of
# crossclr_seven_sets.py, but views without HiCo's joint corruption, since the extreme ones add to them.
_base_ = [
    '../_base_/aimclr.py', '../_base_/datasets/seven_sets.py', '../_base_/pipelines/extreme.py',
]

view = [_base_.view[0], dict(type='PoseShear', amplitude=0.5)]  # without HiCo's joint corruption
views = dict(type='Views', transforms=[view, [*view, *_base_.extreme], view])
datasets = [
    dict(dataset, pipeline=[
        views if transform.type == 'Views' else transform for transform in dataset.pipeline])
    for dataset in _base_.train_dataloader.dataset.dataset.datasets
]
train_dataloader = dict(dataset=dict(dataset=dict(datasets=datasets)))
model = dict(
    backbone=dict(num_persons=1, num_frames=64, network=_base_.small_network),
    neck=_base_.small_neck,
    contrast=dict(
        temperature=0.2,
        terms=[*(dict(term, end=12) for term in _base_.first_stage),
               *(dict(term, begin=12) for term in _base_.second_stage),
               *_base_.both_stages]),
    momentum=0.99, queue=dict(length=512))
optim_wrapper = dict(optimizer=dict(lr=0.05))
param_scheduler = dict(milestones=[20])
train_cfg = dict(max_epochs=24, val_interval=6)
default_hooks = dict(checkpoint=dict(interval=6))
protocol = 'small_sets'
