# CrosSCLR with three small ST-GCNs on four small sets, evaluated on UTD-MHAD. Own choice: so few epochs
# that all methods can be compared on two CPU cores in some hours.
_base_ = ['../_base_/crossclr.py', '../_base_/datasets/four_sets.py']

encoder = dict(num_persons=1, num_frames=64, network=_base_.small_network)
model = dict(
    backbone=dict(encoders={stream: encoder for stream in _base_.streams}),
    neck=_base_.small_neck,
    contrast=dict(
        temperature=0.2,
        terms=[*(dict(term, end=10) for term in _base_.first_stage),
               *(dict(term, begin=10) for term in _base_.second_stage)]),
    queue=dict(length=1024))
optim_wrapper = dict(optimizer=dict(lr=0.05))
param_scheduler = dict(milestones=[16])
train_cfg = dict(max_epochs=20, val_interval=20)
protocol = 'small_sets'
