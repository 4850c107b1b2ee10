# HiCo-Transformer, PKU-MMD I x-sub.
_base_ = ['../_base_/hico.py', '../_base_/datasets/pku1.py']
