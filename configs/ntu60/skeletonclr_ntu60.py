# SkeletonCLR with ST-GCN, joint stream, NTU-60 x-sub.
_base_ = ['../_base_/skeletonclr.py', '../_base_/datasets/ntu60_50.py']
