_base_ = 'ntu25.py'

# One person: half the tokens and half the width of what two would take. Small sets have people who face
# away from the camera; the released code would turn them upside down.
prepare = [
    dict(type='KeepActivePersons', num_person=1),
    dict(type='NormalizeSkeleton', layout='nturgb+d', upright=True),
]
pack = [
    dict(type='FormatGCNInput', num_person=1),
    dict(type='PackActionInputs', meta_keys=('frame_dir', )),
]
pretrain_pipeline = [*prepare, dict(type='TwoViews', transforms=_base_.view), *pack]
finetune_pipeline = [*prepare, _base_.random_crop, *pack]
evaluate_pipeline = [*prepare, _base_.central_crop, *pack]
test_pipeline = evaluate_pipeline  # by this name MMAction2's inference_recognizer finds it
