# Fine-tuning of all weights on all labels (Table 5). With load_from=None it is supervised training.
_base_ = '../_base_/task.py'

# The schedule of the closest relative of the authors' code: their own settings are unpublished. All
# methods have it: AimCLR's authors keep the network in eval mode, and AS-CAL's, after their few labels,
# train a linear classifier on all of them.
train_dataloader = dict(
    batch_size=64,
    dataset=dict(
        _delete_=True,
        type='SeededDataset',
        dataset=dict(_base_.train_dataloader.dataset, pipeline=_base_.finetune_pipeline)))
optim_wrapper = dict(
    _delete_=True,
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=0.01, momentum=0.9, weight_decay=0.0))
param_scheduler = dict(
    _delete_=True, type='MultiStepLR', by_epoch=True, milestones=[50, 70], gamma=0.1)
train_cfg = dict(_delete_=True, type='EpochBasedTrainLoop', max_epochs=80, val_interval=10)
auto_scale_lr = dict(enable=False, base_batch_size=64)
work_dir = f'work_dirs/{_base_.pretraining}_finetune'
