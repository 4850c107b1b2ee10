# Linear evaluation of hico_demo.py.
_base_ = [
    '_base_/default_runtime.py', '_base_/models/hico_linear.py',
    '_base_/datasets/demo_linear.py', '_base_/schedules/linear_80e.py'
]

model = dict(
    backbone=dict(hidden_channels=64), cls_head=dict(num_classes=24, in_channels=2 * 4 * 64))
optim_wrapper = dict(optimizer=dict(lr=1.0))  # for the smaller batch
custom_hooks = _base_.custom_hooks + [dict(type='CacheFeaturesHook')]
load_from = 'work_dirs/hico_demo/epoch_24.pth'  # None probes the untrained encoder
