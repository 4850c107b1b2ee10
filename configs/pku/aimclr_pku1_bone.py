# Bone stream, PKU-MMD I x-sub.
_base_ = 'aimclr_pku1.py'

model = dict(data_preprocessor=dict(stream='bone'))
