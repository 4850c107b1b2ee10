# Retrieval with hico_four_sets.py, by tools/test.py; a leaf config names the set.
_base_ = '../hico_four_sets.py'

# Evaluation only; of a checkpoint, only the encoder is needed.
train_dataloader = train_cfg = optim_wrapper = param_scheduler = None
custom_hooks = [dict(type='CheckpointFitHook', test_prefix='backbone.')]
