_base_ = 'ntu25.py'

# One person takes half the tokens of two. Small sets have people who face away from the camera:
# `upright` keeps them from being turned upside down, as the released code would.
prepare = [
    dict(type='KeepActivePersons', num_person=1),
    dict(type='NormalizeSkeleton', layout='nturgb+d', upright=True),
]
pack = [
    dict(type='FormatGCNInput', num_person=1),
    dict(type='PackActionInputs', meta_keys=('frame_dir', )),
]
pretrain_pipeline = [*prepare, dict(type='Views', transforms=[_base_.view, _base_.view]), *pack]
finetune_pipeline = [*prepare, _base_.random_crop, *pack]
evaluate_pipeline = [*prepare, _base_.central_crop, *pack]
test_pipeline = evaluate_pipeline  # by this name MMAction2's inference_recognizer finds it
