_base_ = 'ntu25_joint.py'

# Milder augmentation: what a few hundred steps can learn from. Own choice.
view = [
    dict(type='RandomCropResize', clip_len=64, min_ratio=0.2, max_ratio=1.0, min_frames=32),
    dict(type='PoseShear', amplitude=0.3),
    dict(type='ToStream', stream='joint', parents='nturgb+d'),
]
pretrain_pipeline = [
    dict(type='KeepActivePersons', num_person=2),
    dict(type='NormalizeSkeleton', layout='nturgb+d'),
    dict(type='TwoViews', transforms=view),
    dict(type='FormatGCNInput', num_person=2),
    dict(type='PackActionInputs', meta_keys=('frame_dir', )),
]
