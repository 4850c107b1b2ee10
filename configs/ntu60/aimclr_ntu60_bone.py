# Bone stream, NTU-60 x-sub.
_base_ = 'aimclr_ntu60.py'

model = dict(data_preprocessor=dict(stream='bone'))
