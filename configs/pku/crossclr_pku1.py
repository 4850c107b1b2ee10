# CrosSCLR, three streams, PKU-MMD I x-sub.
_base_ = ['../_base_/crossclr.py', '../_base_/datasets/pku1_50.py']
