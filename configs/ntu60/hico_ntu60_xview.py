# HiCo-Transformer, NTU-60 x-view.
_base_ = ['../_base_/hico.py', '../_base_/datasets/ntu60_xview.py']
