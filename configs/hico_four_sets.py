# HiCo-Transformer on four small sets together, evaluated on UTD-MHAD: what can be shown without NTU.
_base_ = ['_base_/hico.py', '_base_/datasets/four_sets.py']

# Own choice, for 1,801 sequences.
model = dict(backbone=dict(num_persons=1, hidden_channels=64), queue=dict(length=1024))
param_scheduler = dict(milestones=[250])
train_cfg = dict(max_epochs=300, val_interval=20)
tasks = _base_.small_tasks
