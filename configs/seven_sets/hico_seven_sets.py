# HiCo-Transformer on the four small sets, Kinder-Gator, Bandai and motion without labels; evaluated on
# Kinder-Gator. hico_seven_sets@children and the others of `evaluate_on`: the same encoder on other data.
_base_ = ['../_base_/hico_four_sets.py', '../_base_/datasets/seven_sets.py']

# Own choice, for 9,495 windows: 6,216 steps.
model = dict(queue=dict(length=4096))
param_scheduler = dict(milestones=[35])
train_cfg = dict(max_epochs=42, val_interval=7)
