# The network of skeletonclr_ntu60.py trained with labels, by MMAction2's own parts: NTU-60 x-sub.
_base_ = [
    '_base_/supervised.py', '_base_/models/skeletonclr.py', '_base_/datasets/ntu60_labelled.py'
]

model = dict(
    _delete_=True,
    type='RecognizerGCN',
    data_preprocessor=_base_.model.data_preprocessor,
    backbone=_base_.model.backbone.network,
    cls_head=dict(type='GCNHead', num_classes=60, in_channels=256))
# As MMAction2 trains ST-GCN (stgcn_8xb16-joint-u100-80e), but for the steps of the learning rate.
train_dataloader = dict(batch_size=128, num_workers=8)
optim_wrapper = dict(optimizer=dict(lr=0.1, weight_decay=5e-4, nesterov=True))
auto_scale_lr = dict(base_batch_size=128)
sync_bn = 'torch'  # as in _base_/skeletonclr.py
