_base_ = ['../pipelines/demo_joint.py', '../tasks/pretrain.py']

# Procedural actions, made in memory.
evaluate = dict(
    type='SyntheticSkeletonDataset', num_classes=24, pipeline={{_base_.evaluate_pipeline}},
    test_mode=True)

train_dataloader = dict(
    dataset=dict(
        dataset=dict(
            type='SyntheticSkeletonDataset', split='train', num_sequences=768, num_classes=24,
            pipeline={{_base_.pretrain_pipeline}})))
val_dataloader = dict(dataset=dict(split='val', num_sequences=384, **evaluate))
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(dataset=dict(split='train', num_sequences=768, **evaluate)))
test_cfg = val_cfg
