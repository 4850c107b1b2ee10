# Pre-training: released code; the same for NTU-60, NTU-120, PKU-I and PKU-II.
optim_wrapper = dict(
    type='OptimWrapper', optimizer=dict(type='SGD', lr=0.01, momentum=0.9, weight_decay=1e-4))
param_scheduler = dict(type='MultiStepLR', by_epoch=True, milestones=[351], gamma=0.1)
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=451, val_interval=10)
auto_scale_lr = dict(enable=False, base_batch_size=64)
