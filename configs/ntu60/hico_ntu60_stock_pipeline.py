# HiCo-Transformer, NTU-60 x-sub, with MMAction2's own preprocessing.
_base_ = '../hico_ntu60.py'

# As in MMAction2's stgcnpp_8xb16-joint-u100-80e_ntu60-xsub-keypoint-3d, with 64 frames instead of 100.
# UniformSampleFrames draws each of the 64 frames from its own part of the sequence.
prepare = [dict(type='PreNormalize3D'), dict(type='GenSkeFeat', dataset='nturgb+d', feats=['j'])]
train_sample = [dict(type='UniformSampleFrames', clip_len=64), dict(type='PoseDecode')]
test_sample = [
    dict(type='UniformSampleFrames', clip_len=64, num_clips=1, test_mode=True), dict(type='PoseDecode')]
view = [*train_sample, dict(type='PoseShear', amplitude=1.0)]

pretrain_pipeline = [*prepare, dict(type='Views', transforms=[view, view]), *_base_.pack]
finetune_pipeline = [*prepare, *train_sample, *_base_.pack]
evaluate_pipeline = [*prepare, *test_sample, *_base_.pack]
test_pipeline = evaluate_pipeline
train_dataloader = dict(dataset=dict(dataset=dict(pipeline=pretrain_pipeline)))
val_dataloader = dict(dataset=dict(pipeline=evaluate_pipeline))
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=val_dataloader)
test_cfg = val_cfg
