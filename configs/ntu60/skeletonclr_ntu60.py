# SkeletonCLR with ST-GCN, NTU-60 x-sub, joint stream.
_base_ = ['../_base_/skeletonclr.py', '../_base_/datasets/ntu60.py']

# The shear is that of the authors. They also pad both ends of a sequence with a mirrored sixth and crop
# to the old length. Here a random half to whole of the sequence is resized: own choice.
view = [
    dict(type='RandomCropResize', clip_len=64, min_ratio=0.5, max_ratio=1.0, min_frames=64),
    dict(type='PoseShear', amplitude=0.5),
]
pretrain_pipeline = [*_base_.prepare, dict(type='Views', transforms=[view, view]), *_base_.pack]
train_dataloader = dict(
    batch_size=128, dataset=dict(dataset=dict(pipeline=pretrain_pipeline)))
