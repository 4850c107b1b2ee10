clip_len = 64  # frames; released code
# One augmented view. All numbers: released code.
view = [
    dict(type='RandomCropResize', clip_len=clip_len, min_ratio=0.1, max_ratio=1.0, min_frames=64),
    dict(type='RandomChoice', prob=[0.5, 0.5], transforms=[
        [dict(type='JointCorruption', ratio=0.6)],  # 12 of 20 joints
        [dict(type='PoseShear', amplitude=1.0)],
    ]),
    dict(type='ToStream', stream='joint', parents='kinect_v1'),  # after the augmentation
]
pretrain_pipeline = [
    dict(type='KeepActivePersons', num_person=1),
    dict(type='NormalizeSkeleton', layout='kinect_v1'),
    dict(type='TwoViews', transforms=view),
    dict(type='FormatGCNInput', num_person=1),
    dict(type='PackActionInputs', meta_keys=('frame_dir', )),
]
# Retrieval and linear evaluation, training and test: the central 95 % of the frames.
evaluate_pipeline = [
    dict(type='KeepActivePersons', num_person=1),
    dict(type='NormalizeSkeleton', layout='kinect_v1'),
    dict(type='CentralCropResize', clip_len=clip_len, ratio=0.95),
    dict(type='ToStream', stream='joint', parents='kinect_v1'),
    dict(type='FormatGCNInput', num_person=1),
    dict(type='PackActionInputs', meta_keys=('frame_dir', )),
]
