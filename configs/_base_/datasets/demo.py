_base_ = ['../pipelines/demo.py', '../loaders.py']

# Procedural actions, made in memory.
demo = dict(type='SyntheticSkeletonDataset', num_classes=24)
evaluate = dict(pipeline=_base_.evaluate_pipeline, test_mode=True, **demo)

train_dataloader = dict(
    dataset=dict(
        dataset=dict(
            split='train', num_sequences=768, pipeline=_base_.pretrain_pipeline, **demo)))
val_dataloader = dict(dataset=dict(split='val', num_sequences=384, **evaluate))
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(dataset=dict(split='train', num_sequences=768, **evaluate)))
test_cfg = val_cfg
