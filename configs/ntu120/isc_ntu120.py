# ISC, sequence and graph, NTU-120 x-sub.
_base_ = ['../_base_/isc.py', '../_base_/datasets/ntu120.py']

param_scheduler = dict(milestones=[251])  # the authors
train_cfg = dict(max_epochs=351)
