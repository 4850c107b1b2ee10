# SkeletonCLR with ST-GCN, joint stream, NTU-120 x-set.
_base_ = ['../_base_/skeletonclr.py', '../_base_/datasets/ntu120_xset_50.py']
