# ISC, sequence and graph, PKU-MMD I x-sub.
_base_ = ['../_base_/isc.py', '../_base_/datasets/pku1.py']
