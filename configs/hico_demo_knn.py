# Retrieval with hico_demo.py, by tools/test.py.
_base_ = 'hico_demo.py'

test_evaluator = dict(k=1, similarity='cosine')

# Of a checkpoint, only the encoder is needed.
custom_hooks = [dict(type='CheckpointFitHook', test_prefix='backbone.')]
