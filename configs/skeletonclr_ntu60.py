# SkeletonCLR with ST-GCN, NTU-60 x-sub, joint stream.
_base_ = ['_base_/skeletonclr.py', '_base_/datasets/ntu60.py']

# Shear as the authors'. Their crop, of the length of the sequence, from what a sixth of it, mirrored at
# both ends, makes longer, is ours of half to the whole length: own choice.
view = [
    dict(type='RandomCropResize', clip_len=64, min_ratio=0.5, max_ratio=1.0, min_frames=64),
    dict(type='PoseShear', amplitude=0.5),
]
pretrain_pipeline = [*_base_.prepare, dict(type='TwoViews', transforms=view), *_base_.pack]
train_dataloader = dict(
    batch_size=128, num_workers=8, dataset=dict(dataset=dict(pipeline=pretrain_pipeline)))
