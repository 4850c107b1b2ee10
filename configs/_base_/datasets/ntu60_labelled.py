_base_ = 'ntu60.py'

# Training with labels: the augmentation of fine-tuning, and accuracy in the place of retrieval.
train_dataloader = dict(dataset=dict(dataset=dict(pipeline=_base_.finetune_pipeline)))
val_cfg = dict(_delete_=True, type='ValLoop')
test_cfg = dict(_delete_=True, type='TestLoop')
val_evaluator = dict(_delete_=True, type='AccMetric')
test_evaluator = dict(_delete_=True, type='AccMetric')
