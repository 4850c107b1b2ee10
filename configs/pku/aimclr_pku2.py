# AimCLR, joint stream, PKU-MMD II x-sub.
_base_ = ['../_base_/aimclr.py', '../_base_/datasets/pku2_50.py']

train_dataloader = dict(dataset=dict(dataset=dict(pipeline=_base_.extreme_pipeline)))
