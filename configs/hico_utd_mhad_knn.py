# Retrieval with hico_utd_mhad.py on UTD-MHAD x-sub, by tools/test.py.
_base_ = 'hico_utd_mhad.py'

test_evaluator = dict(k=1, similarity='cosine')

# Evaluation only; of a checkpoint, only the encoder is needed.
train_dataloader = train_cfg = optim_wrapper = param_scheduler = None
custom_hooks = [dict(type='CheckpointFitHook', test_prefix='backbone.')]
