# HiCo-GRU, PKU-MMD II.
_base_ = 'hico_pku2.py'

model = dict(backbone=dict(s2s=dict(type='S2SGRU')))
