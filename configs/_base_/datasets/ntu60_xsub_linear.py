_base_ = ['../pipelines/ntu25_joint.py', '../tasks/linear.py']

# https://download.openmmlab.com/mmaction/v1.0/skeleton/data/ntu60_3d.pkl
ntu60 = dict(
    type='SkeletonDataset', ann_file='data/skeleton/ntu60_3d.pkl',
    num_classes=60, num_joints=25, num_coords=3, pipeline={{_base_.evaluate_pipeline}})

train_dataloader = dict(dataset=dict(split='xsub_train', **ntu60))
val_dataloader = dict(dataset=dict(split='xsub_val', test_mode=True, **ntu60))
test_dataloader = val_dataloader
