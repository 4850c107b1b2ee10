# CrosSCLR, three streams, NTU-60 x-sub.
_base_ = ['../_base_/crossclr.py', '../_base_/datasets/ntu60_50.py']
