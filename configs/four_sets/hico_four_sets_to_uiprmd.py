# Evaluation on UI-PRMD: pre-training is that of hico_four_sets.py.
_base_ = ['../_base_/hico_four_sets.py', '../_base_/datasets/four_sets_to_uiprmd.py']

work_dir = 'work_dirs/hico_four_sets'
