# AimCLR, joint stream: all that a config of one data set has in common with the others.
_base_ = ['default_runtime.py', 'models/aimclr.py', 'schedules/pretrain_300e.py']

protocol = 'skeletonclr'  # of the tasks, see ../tasks/linear.py
# Batch statistics over all GPUs, as one process would have them.
sync_bn = 'torch'
