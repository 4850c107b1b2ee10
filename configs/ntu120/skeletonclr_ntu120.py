# SkeletonCLR with ST-GCN, joint stream, NTU-120 x-sub.
_base_ = ['../_base_/skeletonclr.py', '../_base_/datasets/ntu120_50.py']
