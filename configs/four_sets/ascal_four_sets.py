# AS-CAL with a small LSTM on four small sets, evaluated on UTD-MHAD. Own choice: epochs as in
# crossclr_four_sets.py, views as in hico_four_sets.py.
_base_ = ['../_base_/ascal.py', '../_base_/datasets/four_sets.py']

model = dict(
    backbone=dict(num_persons=1, num_frames=64, hidden_channels=64), queue=dict(length=1024))
param_scheduler = dict(milestones=[16])
train_cfg = dict(max_epochs=20, val_interval=20)
protocol = 'small_sets'
