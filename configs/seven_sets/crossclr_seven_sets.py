# CrosSCLR with three small ST-GCNs on the data of hico_seven_sets.py. Own choices: HiCo's views,
# temperature, epochs, momentum and queue, which were chosen for HiCo. The authors' rate, for this batch
# size. The second stage is the second half, as in the authors' schedule.
_base_ = ['../_base_/crossclr.py', '../_base_/datasets/seven_sets.py']

encoder = dict(num_persons=1, num_frames=64, network=_base_.small_network)
model = dict(
    backbone=dict(encoders={stream: encoder for stream in _base_.streams}),
    neck=_base_.small_neck,
    contrast=dict(
        temperature=0.2,
        terms=[*(dict(term, end=12) for term in _base_.first_stage),
               *(dict(term, begin=12) for term in _base_.second_stage)]),
    momentum=0.99, queue=dict(length=512))
optim_wrapper = dict(optimizer=dict(lr=0.05))
param_scheduler = dict(milestones=[20])
train_cfg = dict(max_epochs=24, val_interval=6)
default_hooks = dict(checkpoint=dict(interval=6))
protocol = 'small_sets'
