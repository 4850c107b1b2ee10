# Retrieval with hico_demo.py, by tools/test.py.
_base_ = 'hico_demo.py'

test_evaluator = dict(k=1, similarity='cosine')

# Evaluation only; of a checkpoint, only the encoder is needed.
train_dataloader = train_cfg = optim_wrapper = param_scheduler = None
custom_hooks = [dict(type='CheckpointFitHook', test_prefix='backbone.')]
