# HiCo-GRU, PKU-MMD I.
_base_ = 'hico_pku1.py'

model = dict(backbone=dict(s2s=dict(type='S2SGRU')))
