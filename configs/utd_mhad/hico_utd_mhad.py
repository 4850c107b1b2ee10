# HiCo-Transformer, UTD-MHAD x-sub, a layout of its own: 20 joints, one person.
_base_ = ['../_base_/hico.py', '../_base_/datasets/utd_mhad.py']

# A small set (431 sequences) wants a small encoder and a short queue; own choice.
model = dict(
    data_preprocessor=dict(parents='kinect_v1'),
    backbone=dict(num_joints=20, num_persons=1, hidden_channels=128), queue=dict(length=256))
param_scheduler = dict(milestones=[250])
train_cfg = dict(max_epochs=300, val_interval=50)
default_hooks = dict(checkpoint=dict(interval=50))
protocol = 'small_sets'
