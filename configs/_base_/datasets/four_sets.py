_base_ = ['../pipelines/ntu25_single.py', '../loaders.py']

# Four small Kinect v1 sets brought to NTU's 25 joints, one person each: UTD-MHAD, KARD,
# UTKinect-Action3D, UI-PRMD; together 1,801 training sequences.
common = dict(type='SkeletonDataset', num_joints=25, num_coords=3)
pretrain = dict(split='xsub_train', pipeline=_base_.pretrain_pipeline, **common)
evaluate = dict(
    ann_file='data/skeleton/utd_mhad_ntu25.pkl', num_classes=27,
    pipeline=_base_.evaluate_pipeline, test_mode=True, **common)

train_dataloader = dict(
    dataset=dict(
        dataset=dict(
            type='ConcatDataset',
            datasets=[
                dict(ann_file=f'data/skeleton/{name}_ntu25.pkl', **pretrain)
                for name in ('utd_mhad', 'kard', 'utkinect', 'uiprmd')
            ])))
val_dataloader = dict(dataset=dict(split='xsub_val', **evaluate))
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(dataset=dict(split='xsub_train', **evaluate)))
test_cfg = val_cfg
