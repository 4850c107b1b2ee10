_base_ = ['../pipelines/ntu25.py', '../loaders.py']

# https://download.openmmlab.com/mmaction/v1.0/skeleton/data/ntu60_3d.pkl
ntu60 = dict(
    type='SkeletonDataset', ann_file='data/skeleton/ntu60_3d.pkl',
    num_classes=60, num_joints=25, num_coords=3)
evaluate = dict(pipeline=_base_.evaluate_pipeline, test_mode=True, **ntu60)

train_dataloader = dict(
    num_workers=8,
    dataset=dict(dataset=dict(split='xsub_train', pipeline=_base_.pretrain_pipeline, **ntu60)))
val_dataloader = dict(dataset=dict(split='xsub_val', **evaluate))
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(dataset=dict(split='xsub_train', **evaluate)))
test_cfg = val_cfg
