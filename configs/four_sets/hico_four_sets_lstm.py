# HiCo-LSTM, the four sets.
_base_ = 'hico_four_sets.py'

model = dict(backbone=dict(s2s=dict(type='S2SLSTM')))
