_base_ = ['../pipelines/ntu25_joint.py', '../tasks/pretrain.py']

# https://download.openmmlab.com/mmaction/v1.0/skeleton/data/ntu60_3d.pkl
ntu60 = dict(
    type='SkeletonDataset', ann_file='data/skeleton/ntu60_3d.pkl',
    num_classes=60, num_joints=25, num_coords=3)
pretrain = dict(split='xsub_train', pipeline={{_base_.pretrain_pipeline}}, **ntu60)
gallery = dict(split='xsub_train', pipeline={{_base_.evaluate_pipeline}}, test_mode=True, **ntu60)
query = dict(split='xsub_val', pipeline={{_base_.evaluate_pipeline}}, test_mode=True, **ntu60)

train_dataloader = dict(dataset=dict(dataset=pretrain))
val_dataloader = dict(dataset=query)
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(dataset=gallery))
test_cfg = val_cfg
