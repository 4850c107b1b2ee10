clip_len = 64  # frames; released code
# One augmented view. All numbers: released code.
view = [
    dict(type='RandomCropResize', clip_len=clip_len, min_ratio=0.1, max_ratio=1.0, min_frames=64),
    dict(type='RandomChoice', prob=[0.5, 0.5], transforms=[
        [dict(type='JointCorruption', ratio=0.6)],  # 15 of 25 joints
        [dict(type='PoseShear', amplitude=1.0)],
    ]),
    dict(type='ToStream', stream='joint', parents='nturgb+d'),  # after the augmentation
]
pretrain_pipeline = [
    dict(type='KeepActivePersons', num_person=2),
    dict(type='NormalizeSkeleton', layout='nturgb+d'),
    dict(type='TwoViews', transforms=view),
    dict(type='FormatGCNInput', num_person=2),
    dict(type='PackActionInputs', meta_keys=('frame_dir', )),
]
# Retrieval and linear evaluation, training and test: the central 95 % of the frames.
evaluate_pipeline = [
    dict(type='KeepActivePersons', num_person=2),
    dict(type='NormalizeSkeleton', layout='nturgb+d'),
    dict(type='CentralCropResize', clip_len=clip_len, ratio=0.95),
    dict(type='ToStream', stream='joint', parents='nturgb+d'),
    dict(type='FormatGCNInput', num_person=2),
    dict(type='PackActionInputs', meta_keys=('frame_dir', )),
]
