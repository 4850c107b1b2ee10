_base_ = ['../pipelines/kinect20.py', '../loaders.py']

# UTD-MHAD (Chen, Jafari, Kehtarnavaz, ICIP 2015), Kinect v1: 20 joints, one person.
utd_mhad = dict(
    type='SkeletonDataset', ann_file='data/skeleton/utd_mhad.pkl',
    num_classes=27, num_joints=20, num_coords=3)
evaluate = dict(pipeline=_base_.evaluate_pipeline, test_mode=True, **utd_mhad)

train_dataloader = dict(
    dataset=dict(dataset=dict(split='xsub_train', pipeline=_base_.pretrain_pipeline, **utd_mhad)))
val_dataloader = dict(dataset=dict(split='xsub_val', **evaluate))
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(dataset=dict(split='xsub_train', **evaluate)))
test_cfg = val_cfg
