# HiCo-Transformer on four small sets together, evaluated on UTD-MHAD: what can be shown without NTU.
_base_ = ['../_base_/hico_four_sets.py', '../_base_/datasets/four_sets.py']
