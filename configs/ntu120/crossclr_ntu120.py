# CrosSCLR, three streams, NTU-120 x-sub.
_base_ = ['../_base_/crossclr.py', '../_base_/datasets/ntu120_50.py']
