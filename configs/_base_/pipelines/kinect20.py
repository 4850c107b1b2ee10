_base_ = 'ntu25_single.py'

prepare = [
    dict(type='KeepActivePersons', num_person=1),
    dict(type='NormalizeSkeleton', layout='kinect_v1', upright=True),
]
pretrain_pipeline = [*prepare, dict(type='Views', transforms=[_base_.view, _base_.view]), *_base_.pack]
finetune_pipeline = [*prepare, _base_.random_crop, *_base_.pack]
evaluate_pipeline = [*prepare, _base_.central_crop, *_base_.pack]
test_pipeline = evaluate_pipeline  # by this name MMAction2's inference_recognizer finds it
