# Pre-training of AS-CAL: github.com/Mikexu007/AS-CAL. The authors evaluate epoch 60, here it is 61.
optim_wrapper = dict(
    type='OptimWrapper', optimizer=dict(type='SGD', lr=0.01, momentum=0.9, weight_decay=1e-4))
param_scheduler = dict(type='MultiStepLR', by_epoch=True, milestones=[30], gamma=0.1)
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=61, val_interval=10)
auto_scale_lr = dict(enable=False, base_batch_size=32)
