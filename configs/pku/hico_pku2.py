# HiCo-Transformer, PKU-MMD II x-sub.
_base_ = ['../_base_/hico.py', '../_base_/datasets/pku2.py']
