# SkeletonCLR with ST-GCN, joint stream, PKU-MMD II x-sub.
_base_ = ['../_base_/skeletonclr.py', '../_base_/datasets/pku2_50.py']
