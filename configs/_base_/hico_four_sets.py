# A small HiCo-Transformer with the paper's momentum and dropout, as in the results of
# ../README.md; hico_small_sets.py has later settings. Own choice, for 1,801 sequences.
_base_ = 'hico.py'

model = dict(backbone=dict(num_persons=1, hidden_channels=64), queue=dict(length=1024))
param_scheduler = dict(milestones=[250])
train_cfg = dict(max_epochs=300, val_interval=20)
protocol = 'small_sets'
