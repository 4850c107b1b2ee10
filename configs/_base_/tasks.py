# What `tools/train.py CONFIG --task NAME` adds to encoder and labelled data of a pre-training config.
finetune = dict(  # The closest relative of the authors' code; their own settings are unpublished.
    pipeline='finetune_pipeline',
    train_dataloader=dict(batch_size=64),
    optim_wrapper=dict(
        type='OptimWrapper', optimizer=dict(type='SGD', lr=0.01, momentum=0.9, weight_decay=0.0)),
    param_scheduler=dict(type='MultiStepLR', by_epoch=True, milestones=[50, 70], gamma=0.1),
    train_cfg=dict(type='EpochBasedTrainLoop', max_epochs=80, val_interval=10),
    auto_scale_lr=dict(enable=False, base_batch_size=64),
    custom_hooks=[dict(type='LabelledSequencesHook')])
tasks = dict(
    # Frozen encoder, one fully connected layer. All numbers: released code, which reports the best of
    # its 80 evaluations; the result here is the last one.
    linear=dict(
        pipeline='evaluate_pipeline',
        frozen=True,
        train_dataloader=dict(batch_size=1024),
        optim_wrapper=dict(
            type='OptimWrapper', optimizer=dict(type='SGD', lr=2.0, momentum=0.9, weight_decay=0.0)),
        param_scheduler=dict(type='MultiStepLR', by_epoch=True, milestones=[50, 70], gamma=0.1),
        train_cfg=dict(type='EpochBasedTrainLoop', max_epochs=80, val_interval=1),
        auto_scale_lr=dict(enable=False, base_batch_size=1024),
        custom_hooks=[dict(type='CacheFeaturesHook')]),
    # All weights, all labels (Table 5) or a class-balanced draw of them (Table 6).
    finetune=finetune,
    semi=dict(labelled=dict(type='LabelFraction', fraction=0.01, seed=0), **finetune))
del finetune
# On small sets, for encoders whose features differ in size (see `LinearHead`); own choice. On raw
# features each would want a learning rate of its own: with lr 2, meant for batches of 1024, the loss of
# HiCo's linear evaluation explodes here, and with lr 0.01 ST-GCN's fine-tuning hardly begins.
small_tasks = dict(
    linear=dict(
        head=dict(standardize=True),
        train_dataloader=dict(batch_size=128),
        optim_wrapper=dict(optimizer=dict(lr=0.1)),
        param_scheduler=dict(milestones=[50, 70]),
        train_cfg=dict(max_epochs=80),
        auto_scale_lr=dict(base_batch_size=128)),
    finetune=dict(head=dict(standardize=True)),
    semi=dict(head=dict(standardize=True)))
