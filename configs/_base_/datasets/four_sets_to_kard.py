_base_ = 'four_sets.py'

# Pre-training on the four sets, evaluation on KARD, whose bodies are mirrored.
finetune_pipeline = [_base_.unmirror, *_base_.finetune_pipeline]
evaluate_pipeline = [_base_.unmirror, *_base_.evaluate_pipeline]
test_pipeline = evaluate_pipeline
kard = dict(ann_file='data/skeleton/kard_ntu25.pkl', num_classes=18, pipeline=evaluate_pipeline)
val_dataloader = dict(dataset=kard)
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(dataset=kard))
test_cfg = val_cfg
