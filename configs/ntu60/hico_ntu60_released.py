# NTU-60 x-sub from the arrays of the authors' preprocessing, which are normalised already.
_base_ = '../hico_ntu60.py'

pretrain_pipeline, finetune_pipeline, evaluate_pipeline = (
    [step for step in pipeline if step['type'] != 'NormalizeSkeleton']
    for pipeline in (_base_.pretrain_pipeline, _base_.finetune_pipeline, _base_.evaluate_pipeline))
released = dict(ann_file='data/skeleton/ntu60_released.pkl')
evaluate = dict(pipeline=evaluate_pipeline, **released)
train_dataloader = dict(dataset=dict(dataset=dict(pipeline=pretrain_pipeline, **released)))
val_dataloader = dict(dataset=evaluate)
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(dataset=evaluate))
test_cfg = val_cfg
