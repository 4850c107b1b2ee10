# Training with labels: the schedule of the task finetune, in _base_/tasks.py.
_base_ = 'default_runtime.py'

optim_wrapper = dict(
    type='OptimWrapper', optimizer=dict(type='SGD', lr=0.01, momentum=0.9, weight_decay=0.0))
param_scheduler = dict(type='MultiStepLR', by_epoch=True, milestones=[50, 70], gamma=0.1)
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=80, val_interval=10)
auto_scale_lr = dict(enable=False, base_batch_size=64)

default_hooks = dict(checkpoint=dict(save_best=None))  # the result is the last epoch's
custom_hooks = [
    dict(type='TrainLoaderCheckHook'),
    dict(type='EpochSeedHook'),
    dict(type='CheckpointFitHook'),
    dict(type='FiniteLossHook'),
    dict(type='MissedEvaluationHook'),
    dict(type='UntrainedBaselineHook', metric='acc/top1'),
]
