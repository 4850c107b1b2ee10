# HiCo-GRU, NTU-120 x-set.
_base_ = 'hico_ntu120_xset.py'

model = dict(backbone=dict(s2s=dict(type='S2SGRU')))
