# HiCo-Transformer, NTU-60 x-sub, joint stream: pre-training as in Table 1.
_base_ = ['_base_/hico.py', '_base_/datasets/ntu60.py']
