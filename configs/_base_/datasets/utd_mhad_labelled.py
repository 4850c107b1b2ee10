_base_ = 'four_sets.py'

# UTD-MHAD at NTU's joints, trained with labels: the augmentation of fine-tuning, and accuracy.
train_dataloader = dict(
    dataset=dict(dataset=dict(
        _delete_=True,
        **{**_base_.evaluate, 'split': 'xsub_train', 'pipeline': _base_.finetune_pipeline,
           'test_mode': False})))
val_cfg = dict(_delete_=True, type='ValLoop')
test_cfg = dict(_delete_=True, type='TestLoop')
val_evaluator = dict(_delete_=True, type='AccMetric')
test_evaluator = dict(_delete_=True, type='AccMetric')
