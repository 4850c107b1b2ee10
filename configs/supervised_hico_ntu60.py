# HiCo-Transformer trained with labels in MMAction2's RecognizerGCN, NTU-60 x-sub, joint stream.
_base_ = [
    '_base_/supervised.py', '_base_/models/hico.py', '_base_/datasets/ntu60_labelled.py'
]

model = dict(
    _delete_=True,
    type='RecognizerGCN',
    data_preprocessor=_base_.model.data_preprocessor,
    backbone=_base_.model.backbone,
    # 2 branches of 4 granularities; MMAction2's GCNHead is for feature maps.
    cls_head=dict(type='LinearHead', num_classes=60, in_channels=2 * 4 * 512))
train_dataloader = dict(num_workers=8)
