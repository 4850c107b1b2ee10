# HiCo-Transformer on procedural skeletons: minutes on two CPU cores, nothing to download.
_base_ = [
    '_base_/default_runtime.py', '_base_/models/hico_pretrain.py',
    '_base_/datasets/demo_pretrain.py', '_base_/schedules/pretrain_451e.py'
]

# Own choice: a small encoder, a short queue and a large learning rate, for few steps.
model = dict(backbone=dict(hidden_channels=64), queue=dict(length=512))
optim_wrapper = dict(optimizer=dict(lr=0.1))
param_scheduler = dict(milestones=[12])
train_cfg = dict(max_epochs=16, val_interval=4)
default_hooks = dict(logger=dict(interval=6), checkpoint=dict(interval=4, save_best='knn/top1'))
custom_hooks = _base_.custom_hooks + [
    dict(
        type='UntrainedBaselineHook',
        next_step='python tools/train.py configs/hico_demo_linear.py '
        '--cfg-options load_from={checkpoint}')
]
