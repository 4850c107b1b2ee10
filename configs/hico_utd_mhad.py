# HiCo-Transformer, UTD-MHAD x-sub, a layout of its own: 20 joints, one person.
_base_ = [
    '_base_/default_runtime.py', '_base_/models/hico_pretrain.py',
    '_base_/datasets/utd_mhad_pretrain.py', '_base_/schedules/pretrain_451e.py'
]

# A small set (431 sequences) wants a small encoder and a short queue; own choice.
model = dict(
    backbone=dict(num_joints=20, num_persons=1, hidden_channels=128), queue=dict(length=256))
param_scheduler = dict(milestones=[250])
train_cfg = dict(max_epochs=300, val_interval=50)
default_hooks = dict(checkpoint=dict(interval=50, save_best='knn/top1'))
custom_hooks = _base_.custom_hooks + [
    dict(
        type='UntrainedBaselineHook',
        next_step='python tools/train.py configs/hico_utd_mhad_linear.py '
        '--cfg-options load_from={checkpoint}')
]
