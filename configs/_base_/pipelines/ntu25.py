clip_len = 64  # frames; released code
# What every pipeline begins and ends with.
prepare = [
    dict(type='KeepActivePersons', num_person=2),
    dict(type='NormalizeSkeleton', layout='nturgb+d'),
]
pack = [
    dict(type='FormatGCNInput', num_person=2),
    dict(type='PackActionInputs', meta_keys=('frame_dir', )),
]
# One augmented view. All numbers: released code.
view = [
    dict(type='RandomCropResize', clip_len=clip_len, min_ratio=0.1, max_ratio=1.0, min_frames=64),
    dict(type='RandomChoice', transforms=[  # of equal probability
        [dict(type='JointCorruption', ratio=0.6)],  # 15 of 25 joints
        [dict(type='PoseShear', amplitude=1.0)],
    ]),
]
# Fine-tuning: the crop of the closest relative; the authors' own settings are unpublished.
random_crop = dict(
    type='RandomCropResize', clip_len=clip_len, min_ratio=0.5, max_ratio=1.0, min_frames=64)
# Retrieval and linear evaluation, training and test: the central 95 % of the frames.
central_crop = dict(type='CentralCropResize', clip_len=clip_len, ratio=0.95)

pretrain_pipeline = [*prepare, dict(type='Views', transforms=[view, view]), *pack]
finetune_pipeline = [*prepare, random_crop, *pack]
evaluate_pipeline = [*prepare, central_crop, *pack]
test_pipeline = evaluate_pipeline  # by this name MMAction2's inference_recognizer finds it
