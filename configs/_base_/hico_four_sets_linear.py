# Linear evaluation of hico_four_sets.py; a leaf config names the set.
_base_ = [
    'default_runtime.py', 'models/hico_linear.py', 'datasets/four_sets_linear.py',
    'schedules/linear_80e.py'
]

model = dict(backbone=dict(hidden_channels=128), cls_head=dict(in_channels=2 * 4 * 128))
optim_wrapper = dict(optimizer=dict(lr=1.0))  # for batch 128
custom_hooks = _base_.custom_hooks + [dict(type='CacheFeaturesHook')]
load_from = 'work_dirs/hico_four_sets/epoch_60.pth'  # None probes the untrained encoder
