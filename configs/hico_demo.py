# HiCo-Transformer on procedural skeletons: minutes on two CPU cores, nothing to download.
_base_ = [
    '_base_/default_runtime.py', '_base_/models/hico_pretrain.py',
    '_base_/datasets/demo_pretrain.py', '_base_/schedules/pretrain_451e.py'
]

# Own choice, for few steps: a small encoder, a short queue, faster keys, a lower temperature.
model = dict(
    backbone=dict(hidden_channels=64), contrast=dict(temperature=0.1), queue=dict(length=256),
    momentum=0.99)
optim_wrapper = dict(optimizer=dict(lr=0.03))
param_scheduler = dict(milestones=[20])
train_cfg = dict(max_epochs=24, val_interval=4)
default_hooks = dict(logger=dict(interval=6), checkpoint=dict(interval=4, save_best='knn/top1'))
custom_hooks = _base_.custom_hooks + [
    dict(
        type='UntrainedBaselineHook',
        next_step='python tools/train.py configs/hico_demo_linear.py '
        '--cfg-options load_from={checkpoint}')
]
