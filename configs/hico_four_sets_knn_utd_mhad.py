# Retrieval with hico_four_sets.py on UTD-MHAD, by tools/test.py.
_base_ = 'hico_four_sets.py'

annotations = dict(ann_file='data/skeleton/utd_mhad_ntu25.pkl', num_classes=27)
val_dataloader = dict(dataset=annotations)
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(dataset=annotations))
test_cfg = val_cfg

# Evaluation only; of a checkpoint, only the encoder is needed.
train_dataloader = train_cfg = optim_wrapper = param_scheduler = None
custom_hooks = [dict(type='CheckpointFitHook', test_prefix='backbone.')]
