# Evaluation on UTKinect-Action3D: pre-training is that of hico_four_sets.py.
_base_ = ['../_base_/hico_four_sets.py', '../_base_/datasets/four_sets_to_utkinect.py']

work_dir = 'work_dirs/hico_four_sets'
