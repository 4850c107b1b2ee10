_base_ = 'ntu25.py'

# Milder augmentation: what a few hundred steps can learn from. Own choice.
view = [
    dict(type='RandomCropResize', clip_len=64, min_ratio=0.2, max_ratio=1.0, min_frames=32),
    dict(type='PoseShear', amplitude=0.3),
]
pretrain_pipeline = [*_base_.prepare, dict(type='Views', transforms=[view, view]), *_base_.pack]
