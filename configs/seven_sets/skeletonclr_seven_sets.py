# SkeletonCLR with a small ST-GCN on the data of hico_seven_sets.py. Own choices: those of
# crossclr_seven_sets.py.
_base_ = ['../_base_/skeletonclr_four_sets.py', '../_base_/datasets/seven_sets.py']

model = dict(momentum=0.99, queue=dict(length=512))
param_scheduler = dict(milestones=[20])
train_cfg = dict(max_epochs=24, val_interval=6)
default_hooks = dict(checkpoint=dict(interval=6))
