_base_ = ['../pipelines/ntu25_single.py', '../loaders.py']

# Four small Kinect v1 sets brought to NTU's 25 joints, one person each: UTD-MHAD, KARD,
# UTKinect-Action3D, UI-PRMD; together 1,801 training sequences.
# KARD's x axis points the other way, so its bodies are mirrored.
unmirror = dict(type='MapJoints', source='nturgb+d', target='nturgb+d', axes=('right', 'up', 'away'))
common = dict(type='SkeletonDataset', num_joints=25, num_coords=3)
pretrain = dict(split='xsub_train', pipeline=_base_.pretrain_pipeline, **common)
pretrain_kard = dict(pretrain, pipeline=[unmirror, *_base_.pretrain_pipeline])
evaluate = dict(
    ann_file='data/skeleton/utd_mhad_ntu25.pkl', num_classes=27,
    pipeline=_base_.evaluate_pipeline, test_mode=True, **common)

# Evaluation on another one: CONFIG@kard, such as hico_four_sets@kard.
evaluate_on = dict(
    utd_mhad=dict(ann_file='data/skeleton/utd_mhad_ntu25.pkl', num_classes=27),
    kard=dict(ann_file='data/skeleton/kard_ntu25.pkl', num_classes=18, first=[unmirror]),
    utkinect=dict(ann_file='data/skeleton/utkinect_ntu25.pkl', num_classes=10),
    uiprmd=dict(ann_file='data/skeleton/uiprmd_ntu25.pkl', num_classes=10))

train_dataloader = dict(
    dataset=dict(
        dataset=dict(
            type='ConcatDataset',
            datasets=[
                dict(ann_file='data/skeleton/utd_mhad_ntu25.pkl', **pretrain),
                dict(ann_file='data/skeleton/kard_ntu25.pkl', **pretrain_kard),
                dict(ann_file='data/skeleton/utkinect_ntu25.pkl', **pretrain),
                dict(ann_file='data/skeleton/uiprmd_ntu25.pkl', **pretrain),
            ])))
val_dataloader = dict(dataset=dict(split='xsub_val', **evaluate))
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(dataset=dict(split='xsub_train', **evaluate)))
test_cfg = val_cfg
