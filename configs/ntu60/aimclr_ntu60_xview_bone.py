# Bone stream, NTU-60 x-view.
_base_ = 'aimclr_ntu60_xview.py'

model = dict(data_preprocessor=dict(stream='bone'))
