# Evaluation on UTKinect-Action3D: pre-training is that of hico_four_sets_instance.py.
_base_ = 'hico_four_sets_to_utkinect.py'

model = dict(contrast=dict(weights=dict(domain=0.0, clip=0.0, part=0.0)))
work_dir = 'work_dirs/hico_four_sets_instance'
