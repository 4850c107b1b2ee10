# CrosSCLR, three streams, NTU-60 x-view.
_base_ = ['../_base_/crossclr.py', '../_base_/datasets/ntu60_xview_50.py']
