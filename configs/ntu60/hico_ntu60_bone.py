# Bone stream, NTU-60 x-sub (Figure 3).
_base_ = '../hico_ntu60.py'

model = dict(data_preprocessor=dict(stream='bone'))
