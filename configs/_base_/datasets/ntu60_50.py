_base_ = ['ntu60.py', '../pipelines/extreme.py']

# As SkeletonCLR, CrosSCLR and AimCLR have it: each person in its own coordinates, turned to the front
# frame by frame, 50 frames. github.com/LinguoLi/CrosSCLR, github.com/Levigty/AimCLR. Of more than two
# persons, theirs are the first in the file, here those of the highest energy.
prepare = [
    dict(type='KeepActivePersons', num_person=2),
    dict(type='CentreJoint', joint=20),
    dict(type='FirstFrames'),
    dict(type='CentralCropResize', clip_len=50, ratio=1.0),
    dict(type='ShoulderAlign'),
]
view = [dict(type='MirrorCrop', padding_ratio=6), dict(type='PoseShear', amplitude=0.5)]
pretrain_pipeline = [*prepare, dict(type='Views', transforms=[view, view]), *_base_.pack]
extreme_views = dict(type='Views', transforms=[view, [*view, *_base_.extreme], view])
extreme_pipeline = [*prepare, extreme_views, *_base_.pack]
finetune_pipeline = [*prepare, *view, *_base_.pack]
evaluate_pipeline = [*prepare, *_base_.pack]
test_pipeline = evaluate_pipeline

train_dataloader = dict(batch_size=128, dataset=dict(dataset=dict(pipeline=pretrain_pipeline)))
val_dataloader = dict(dataset=dict(pipeline=evaluate_pipeline))
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(dataset=dict(pipeline=evaluate_pipeline)))
test_cfg = val_cfg
