# HiCo-LSTM, NTU-120 x-sub.
_base_ = 'hico_ntu120.py'

model = dict(backbone=dict(s2s=dict(type='S2SLSTM')))
