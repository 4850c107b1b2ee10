_base_ = ['../pipelines/kinect20_joint.py', '../tasks/linear.py']

# UTD-MHAD (Chen, Jafari, Kehtarnavaz, ICIP 2015), Kinect v1: 20 joints, one person.
utd_mhad = dict(
    type='SkeletonDataset', ann_file='data/skeleton/utd_mhad.pkl',
    num_classes=27, num_joints=20, num_coords=3, pipeline={{_base_.evaluate_pipeline}})

train_dataloader = dict(dataset=dict(split='xsub_train', **utd_mhad))
val_dataloader = dict(dataset=dict(split='xsub_val', test_mode=True, **utd_mhad))
test_dataloader = val_dataloader
