# SkeletonCLR with ST-GCN, joint stream, NTU-60 x-view.
_base_ = ['../_base_/skeletonclr.py', '../_base_/datasets/ntu60_xview_50.py']
