# Evaluation on UTKinect-Action3D: pre-training is that of hico_four_sets_gru.py.
_base_ = 'hico_four_sets_to_utkinect.py'

model = dict(backbone=dict(s2s=dict(type='S2SGRU')))
work_dir = 'work_dirs/hico_four_sets_gru'
