# CrosSCLR, three streams, PKU-MMD II x-sub.
_base_ = ['../_base_/crossclr.py', '../_base_/datasets/pku2_50.py']
