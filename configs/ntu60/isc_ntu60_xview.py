# ISC, sequence and graph, NTU-60 x-view.
_base_ = ['../_base_/isc.py', '../_base_/datasets/ntu60_xview.py']
