# HiCo-GRU, NTU-60 x-view.
_base_ = 'hico_ntu60_xview.py'

model = dict(backbone=dict(s2s=dict(type='S2SGRU')))
