# MMAction2's ST-GCN in MMAction2's recognizer, trained with labels on procedural skeletons.
_base_ = ['../_base_/default_runtime.py', '../_base_/datasets/demo.py']

model = dict(
    type='RecognizerGCN',
    data_preprocessor=dict(type='SkeletonPreprocessor'),
    backbone=dict(  # the network of skeletonclr_demo.py
        type='STGCN', graph_cfg=dict(layout='nturgb+d', mode='spatial'), gcn_adaptive='init',
        gcn_with_res=True, base_channels=8, num_stages=4, inflate_stages=[2, 3, 4],
        down_stages=[2, 3, 4], tcn_dropout=0.0),
    cls_head=dict(type='GCNHead', num_classes=24, in_channels=64))
train_dataloader = dict(dataset=dict(dataset=dict(pipeline=_base_.finetune_pipeline)))
val_cfg = dict(_delete_=True, type='ValLoop')
test_cfg = dict(_delete_=True, type='TestLoop')
val_evaluator = dict(_delete_=True, type='AccMetric')
test_evaluator = dict(_delete_=True, type='AccMetric')
# Own choice, for few steps.
optim_wrapper = dict(
    type='OptimWrapper', optimizer=dict(type='SGD', lr=0.1, momentum=0.9, weight_decay=0.0))
param_scheduler = dict(type='MultiStepLR', by_epoch=True, milestones=[10], gamma=0.1)
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=12, val_interval=4)
auto_scale_lr = dict(enable=False, base_batch_size=64)
default_hooks = dict(logger=dict(interval=6), checkpoint=dict(interval=4, save_best=None))
custom_hooks = [
    dict(type='TrainLoaderCheckHook'),
    dict(type='EpochSeedHook'),
    dict(type='CheckpointFitHook'),
    dict(type='FiniteLossHook'),
    dict(type='ResumeHook'),
    dict(type='MissedEvaluationHook'),
    dict(type='UntrainedBaselineHook', metric='acc/top1'),
]
sync_bn = 'torch'  # as in _base_/skeletonclr.py
