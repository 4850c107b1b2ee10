# HiCo-Transformer, NTU-120 x-set.
_base_ = ['../_base_/hico.py', '../_base_/datasets/ntu120_xset.py']
