_base_ = ['../pipelines/ntu25_joint.py', '../tasks/linear.py']

# A leaf config adds the annotation file and the number of classes.
common = dict(
    type='SkeletonDataset', num_joints=25, num_coords=3, pipeline={{_base_.evaluate_pipeline}})

train_dataloader = dict(batch_size=128, dataset=dict(split='xsub_train', **common))
val_dataloader = dict(batch_size=256, dataset=dict(split='xsub_val', test_mode=True, **common))
test_dataloader = val_dataloader
