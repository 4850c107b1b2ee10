# HiCo-Transformer, NTU-120 x-sub.
_base_ = ['../_base_/hico.py', '../_base_/datasets/ntu120.py']
