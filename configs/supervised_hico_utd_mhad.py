# The encoder of hico_four_sets.py trained with labels in MMAction2's RecognizerGCN, UTD-MHAD.
_base_ = ['_base_/supervised.py', '_base_/datasets/utd_mhad_labelled.py']

model = dict(
    type='RecognizerGCN',
    data_preprocessor=dict(type='SkeletonPreprocessor'),
    backbone=dict(type='HiCoEncoder', num_persons=1, hidden_channels=64),
    cls_head=dict(
        type='LinearHead', num_classes=27, in_channels=2 * 4 * 64, standardize=True))  # as fine-tuning
