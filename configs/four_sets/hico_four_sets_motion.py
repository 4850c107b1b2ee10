# Motion stream, the four sets (Figure 3).
_base_ = 'hico_four_sets.py'

model = dict(data_preprocessor=dict(stream='motion'))
