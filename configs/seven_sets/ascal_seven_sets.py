# AS-CAL with a small LSTM on the data of hico_seven_sets.py. Own choices: HiCo's views, momentum, queue
# and epochs, of which the first only fills the queue.
_base_ = ['../_base_/ascal.py', '../_base_/datasets/seven_sets.py']

model = dict(
    backbone=dict(num_persons=1, num_frames=64, hidden_channels=64),
    momentum=0.99, queue=dict(length=512))
param_scheduler = dict(milestones=[20])
train_cfg = dict(max_epochs=24, val_interval=6)
default_hooks = dict(checkpoint=dict(interval=6))
protocol = 'small_sets'
