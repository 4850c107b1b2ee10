# Linear evaluation: the encoder as pre-trained, frozen and in eval mode, one fully connected layer.
_base_ = 'hico_pretrain.py'

model = dict(
    _delete_=True,
    type='RecognizerGCN',
    backbone=dict(frozen=True, **_base_.model.backbone),
    cls_head=dict(
        type='LinearHead',
        num_classes=60,
        in_channels=2 * 4 * 512,  # both domains, 4 granularities
        init_std=0.01))  # released code
