# Retrieval with hico_utd_mhad.py on UTD-MHAD x-sub, by tools/test.py.
_base_ = 'hico_utd_mhad.py'

test_evaluator = dict(k=1, similarity='cosine')

# Of a checkpoint, only the encoder is needed.
custom_hooks = [dict(type='CheckpointFitHook', test_prefix='backbone.')]
