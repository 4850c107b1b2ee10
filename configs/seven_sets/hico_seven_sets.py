# HiCo-Transformer on the four small sets, Kinder-Gator, Bandai and motion without labels; evaluated on
# Kinder-Gator. hico_seven_sets@children and the others of `evaluate_on`: the same encoder on other data.
# 9,495 windows, 3,552 steps.
_base_ = ['../_base_/hico_small_sets.py', '../_base_/datasets/seven_sets.py']
