# SkeletonCLR with ST-GCN, joint stream, PKU-MMD I x-sub.
_base_ = ['../_base_/skeletonclr.py', '../_base_/datasets/pku1_50.py']
