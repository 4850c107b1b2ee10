# Linear evaluation of hico_ntu60.py on NTU-60 x-sub (Table 1: 81.1).
_base_ = [
    '_base_/default_runtime.py', '_base_/models/hico_linear.py',
    '_base_/datasets/ntu60_xsub_linear.py', '_base_/schedules/linear_80e.py'
]

custom_hooks = _base_.custom_hooks + [dict(type='CacheFeaturesHook')]
load_from = 'work_dirs/hico_ntu60/epoch_451.pth'  # None probes the untrained encoder
