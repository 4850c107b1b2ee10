# Retrieval with hico_ntu60.py on NTU-60 x-sub (Table 2: 68.3), by tools/test.py.
_base_ = 'hico_ntu60.py'

test_evaluator = dict(k=1, similarity='cosine')

# Of a checkpoint, only the encoder is needed.
custom_hooks = [dict(type='CheckpointFitHook', test_prefix='backbone.')]
