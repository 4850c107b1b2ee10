# Linear evaluation of hico_utd_mhad.py on UTD-MHAD x-sub.
_base_ = [
    '_base_/default_runtime.py', '_base_/models/hico_linear.py',
    '_base_/datasets/utd_mhad_linear.py', '_base_/schedules/linear_80e.py'
]

model = dict(
    backbone=dict(num_joints=20, num_persons=1, hidden_channels=128),
    cls_head=dict(num_classes=27, in_channels=2 * 4 * 128))
train_dataloader = dict(batch_size=128)
optim_wrapper = dict(optimizer=dict(lr=1.0))  # for the smaller batch
custom_hooks = _base_.custom_hooks + [dict(type='CacheFeaturesHook')]
load_from = 'work_dirs/hico_utd_mhad/epoch_300.pth'  # None probes the untrained encoder
