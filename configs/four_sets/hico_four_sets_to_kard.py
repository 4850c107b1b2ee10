# Evaluation on KARD: pre-training is that of hico_four_sets.py.
_base_ = ['../_base_/hico_four_sets.py', '../_base_/datasets/four_sets_to_kard.py']

work_dir = 'work_dirs/hico_four_sets'
