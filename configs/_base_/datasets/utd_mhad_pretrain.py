_base_ = ['../pipelines/kinect20_joint.py', '../tasks/pretrain.py']

# UTD-MHAD (Chen, Jafari, Kehtarnavaz, ICIP 2015), Kinect v1: 20 joints, one person.
utd_mhad = dict(
    type='SkeletonDataset', ann_file='data/skeleton/utd_mhad.pkl',
    num_classes=27, num_joints=20, num_coords=3)
pretrain = dict(split='xsub_train', pipeline={{_base_.pretrain_pipeline}}, **utd_mhad)
gallery = dict(split='xsub_train', pipeline={{_base_.evaluate_pipeline}}, test_mode=True, **utd_mhad)
query = dict(split='xsub_val', pipeline={{_base_.evaluate_pipeline}}, test_mode=True, **utd_mhad)

train_dataloader = dict(dataset=dict(dataset=pretrain))
val_dataloader = dict(dataset=query)
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(dataset=gallery))
test_cfg = val_cfg
