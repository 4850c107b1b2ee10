# Retrieval with hico_four_sets.py on KARD, by tools/test.py.
_base_ = 'hico_four_sets.py'

annotations = dict(ann_file='data/skeleton/kard_ntu25.pkl', num_classes=18)
val_dataloader = dict(dataset=annotations)
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(dataset=annotations))
test_cfg = val_cfg

# Evaluation only; of a checkpoint, only the encoder is needed.
train_dataloader = train_cfg = optim_wrapper = param_scheduler = None
custom_hooks = [dict(type='CheckpointFitHook', test_prefix='backbone.')]
