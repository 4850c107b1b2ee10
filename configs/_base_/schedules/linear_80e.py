# Linear evaluation: released code.
optim_wrapper = dict(
    type='OptimWrapper', optimizer=dict(type='SGD', lr=2.0, momentum=0.9, weight_decay=0.0))
param_scheduler = dict(type='MultiStepLR', by_epoch=True, milestones=[50, 70], gamma=0.1)
# The result is the last epoch's, not the best on the test split.
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=80, val_interval=20)
auto_scale_lr = dict(enable=False, base_batch_size=1024)
