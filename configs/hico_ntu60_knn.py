# Retrieval with hico_ntu60.py on NTU-60 x-sub (Table 2: 68.3), by tools/test.py.
_base_ = 'hico_ntu60.py'

test_evaluator = dict(k=1, similarity='cosine')

# Evaluation only; of a checkpoint, only the encoder is needed.
train_dataloader = train_cfg = optim_wrapper = param_scheduler = None
custom_hooks = [dict(type='CheckpointFitHook', test_prefix='backbone.')]
