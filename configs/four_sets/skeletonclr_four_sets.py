# SkeletonCLR with a small ST-GCN on four small sets, evaluated on UTD-MHAD.
_base_ = ['../_base_/skeletonclr_four_sets.py', '../_base_/datasets/four_sets.py']
