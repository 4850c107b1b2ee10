# CrosSCLR, three streams, NTU-120 x-set.
_base_ = ['../_base_/crossclr.py', '../_base_/datasets/ntu120_xset_50.py']
