# HiCo-LSTM, NTU-60 x-sub.
_base_ = '../hico_ntu60.py'

model = dict(backbone=dict(s2s=dict(type='S2SLSTM')))
