_base_ = ['../pipelines/ntu25_joint.py', '../tasks/linear.py']

# Procedural actions, made in memory.
demo = dict(
    type='SyntheticSkeletonDataset', num_classes=24, pipeline={{_base_.evaluate_pipeline}})

train_dataloader = dict(
    batch_size=128, dataset=dict(split='train', num_sequences=768, **demo))
val_dataloader = dict(dataset=dict(split='val', num_sequences=384, test_mode=True, **demo))
test_dataloader = val_dataloader
