# Pre-training of SkeletonCLR: github.com/LinguoLi/CrosSCLR, config/CrosSCLR and processor/pretrain.py.
optim_wrapper = dict(
    type='OptimWrapper', optimizer=dict(type='SGD', lr=0.1, momentum=0.9, weight_decay=1e-4))
param_scheduler = dict(type='MultiStepLR', by_epoch=True, milestones=[250], gamma=0.1)
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=300, val_interval=10)
auto_scale_lr = dict(enable=False, base_batch_size=128)
