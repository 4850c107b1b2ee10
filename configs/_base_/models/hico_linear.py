# Linear evaluation: the encoder as pre-trained, frozen and in eval mode, one fully connected layer.
model = dict(
    type='RecognizerGCN',
    backbone=dict(
        type='HiCoEncoder',
        num_joints=25,
        num_persons=2,
        num_frames=64,
        in_channels=3,
        hidden_channels=512,
        num_granularities=4,
        s2s=dict(type='S2STransformer'),
        variant='paper',
        frozen=True),
    cls_head=dict(
        type='LinearHead',
        num_classes=60,
        in_channels=2 * 4 * 512,  # both domains, 4 granularities
        init_std=0.01))  # released code
