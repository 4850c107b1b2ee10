# CrosSCLR with three small ST-GCNs on four small sets, evaluated on UTD-MHAD. Own choice: a fifth of the
# epochs of hico_four_sets.py, so that all methods can be compared in an evening.
_base_ = ['../_base_/crossclr.py', '../_base_/datasets/four_sets.py']

encoder = dict(num_persons=1, num_frames=64, network=_base_.small_network)
model = dict(
    backbone=dict(encoders={stream: encoder for stream in _base_.streams}),
    contrast=dict(
        temperature=0.2,
        terms=[*(dict(term, end=30) for term in _base_.first_stage),
               *(dict(term, begin=30) for term in _base_.second_stage)]),
    queue=dict(length=1024))
optim_wrapper = dict(optimizer=dict(lr=0.05))
param_scheduler = dict(milestones=[50])
train_cfg = dict(max_epochs=60, val_interval=20)
protocol = 'small_sets'
