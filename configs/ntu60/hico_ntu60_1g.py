# 1 granularity instead of 4, NTU-60 x-sub (Figure 4).
_base_ = '../hico_ntu60.py'

model = dict(backbone=dict(num_granularities=1))
