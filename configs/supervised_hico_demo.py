# The encoder of hico_demo.py trained with labels in MMAction2's RecognizerGCN.
_base_ = ['_base_/supervised.py', '_base_/datasets/demo_labelled.py']

model = dict(
    type='RecognizerGCN',
    data_preprocessor=dict(type='SkeletonPreprocessor'),
    backbone=dict(type='HiCoEncoder', hidden_channels=64),
    # 2 branches of 4 granularities; MMAction2's GCNHead is for feature maps.
    cls_head=dict(type='LinearHead', num_classes=24, in_channels=2 * 4 * 64))
# Own choice, for few steps.
param_scheduler = dict(milestones=[10])
train_cfg = dict(max_epochs=12, val_interval=4)
default_hooks = dict(logger=dict(interval=6), checkpoint=dict(interval=4))
