# AimCLR, joint stream, NTU-120 x-sub.
_base_ = ['../_base_/aimclr.py', '../_base_/datasets/ntu120_50.py']

train_dataloader = dict(dataset=dict(dataset=dict(pipeline=_base_.extreme_pipeline)))
