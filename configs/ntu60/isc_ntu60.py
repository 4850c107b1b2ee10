# ISC, sequence and graph, NTU-60 x-sub.
_base_ = ['../_base_/isc.py', '../_base_/datasets/ntu60.py']
