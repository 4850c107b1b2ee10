# HiCo-Transformer on four small sets together: what can be shown without NTU.
_base_ = [
    '_base_/default_runtime.py', '_base_/models/hico_pretrain.py',
    '_base_/datasets/four_sets_pretrain.py', '_base_/schedules/pretrain_451e.py'
]

# Own choice, for 1,801 sequences.
model = dict(backbone=dict(hidden_channels=128), queue=dict(length=1024))
param_scheduler = dict(milestones=[50])
train_cfg = dict(max_epochs=60, val_interval=20)
default_hooks = dict(checkpoint=dict(interval=10, save_best='knn/top1'))
custom_hooks = _base_.custom_hooks + [
    dict(
        type='UntrainedBaselineHook',
        next_step='python tools/train.py configs/hico_four_sets_linear_utd_mhad.py '
        '--cfg-options load_from={checkpoint}')
]
