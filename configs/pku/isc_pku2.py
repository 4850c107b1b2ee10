# ISC, sequence and graph, PKU-MMD II x-sub.
_base_ = ['../_base_/isc.py', '../_base_/datasets/pku2.py']
