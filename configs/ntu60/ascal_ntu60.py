# AS-CAL, NTU-60 x-sub.
_base_ = ['../_base_/ascal.py', '../_base_/datasets/ntu60.py']

# The first 150 frames as they are, each person in coordinates of its own. Zeros fill a shorter sequence.
# Of more than two persons, the authors' are the first in the file, here those of the highest energy.
prepare = [
    dict(type='KeepActivePersons', num_person=2),
    dict(type='FirstFrames', num_frames=150),
    dict(type='CentreJoint', joint=1),
]
view = [
    dict(type='RandomApply', prob=0.5, transforms=[dict(type='ReverseFrames')]),
    dict(type='PoseShear', amplitude=1.0),
]
pretrain_pipeline = [*prepare, dict(type='Views', transforms=[view, view]), *_base_.pack]
finetune_pipeline = evaluate_pipeline = test_pipeline = [*prepare, *_base_.pack]

train_dataloader = dict(batch_size=32, dataset=dict(dataset=dict(pipeline=pretrain_pipeline)))
val_dataloader = dict(dataset=dict(pipeline=evaluate_pipeline))
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(dataset=dict(pipeline=evaluate_pipeline)))
test_cfg = val_cfg
