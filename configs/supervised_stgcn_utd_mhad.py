# The network of skeletonclr_four_sets.py trained with labels, by MMAction2's own parts: UTD-MHAD.
_base_ = [
    '_base_/supervised.py', '_base_/models/skeletonclr.py', '_base_/datasets/utd_mhad_labelled.py'
]

model = dict(
    _delete_=True,
    type='RecognizerGCN',
    data_preprocessor=dict(type='SkeletonPreprocessor'),
    backbone=dict(type='STGCN', **_base_.small_network),
    cls_head=dict(type='GCNHead', num_classes=27, in_channels=64))
optim_wrapper = dict(optimizer=dict(lr=0.1))  # as supervised_stgcn_demo.py
sync_bn = 'torch'  # as in _base_/skeletonclr.py
