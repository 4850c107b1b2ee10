# HiCo-Transformer, NTU-60 x-sub, joint stream: pre-training as in Table 1.
_base_ = [
    '_base_/default_runtime.py', '_base_/models/hico_pretrain.py',
    '_base_/datasets/ntu60_xsub_pretrain.py', '_base_/schedules/pretrain_451e.py'
]

train_dataloader = dict(num_workers=8)
default_hooks = dict(checkpoint=dict(interval=10, save_best='knn/top1'))
custom_hooks = _base_.custom_hooks + [
    dict(
        type='UntrainedBaselineHook',
        next_step='python tools/train.py configs/hico_ntu60_linear.py '
        '--cfg-options load_from={checkpoint}')
]
