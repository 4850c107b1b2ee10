# SkeletonCLR, joint stream: all that a config of one data set has in common with the others.
_base_ = ['default_runtime.py', 'models/skeletonclr.py', 'schedules/pretrain_300e.py']

protocol = 'skeletonclr'  # of the tasks, see ../tasks/linear.py
# Statistics of the batches of all GPUs, as one process would have them; and the same in all checkpoints.
sync_bn = 'torch'
