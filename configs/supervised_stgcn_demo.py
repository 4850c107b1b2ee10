# The network of skeletonclr_demo.py trained with labels, by MMAction2's own parts.
_base_ = [
    '_base_/supervised.py', '_base_/models/skeletonclr.py', '_base_/datasets/demo_labelled.py'
]

model = dict(
    _delete_=True,
    type='RecognizerGCN',
    data_preprocessor=dict(type='SkeletonPreprocessor'),
    backbone=dict(type='STGCN', **_base_.small_network),
    cls_head=dict(type='GCNHead', num_classes=24, in_channels=64))
# Own choice, for few steps.
optim_wrapper = dict(optimizer=dict(lr=0.1))
param_scheduler = dict(milestones=[10])
train_cfg = dict(max_epochs=12, val_interval=4)
default_hooks = dict(logger=dict(interval=6), checkpoint=dict(interval=4))
sync_bn = 'torch'  # as in _base_/skeletonclr.py
