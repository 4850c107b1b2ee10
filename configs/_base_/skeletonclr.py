# SkeletonCLR, joint stream: all that a config of one data set has in common with the others. The tasks
# are HiCo's; the authors' linear evaluation has lr 3, batch 128, 100 epochs, x0.1 at 80.
_base_ = [
    'default_runtime.py', 'models/skeletonclr.py', 'schedules/pretrain_300e.py', 'tasks.py'
]
