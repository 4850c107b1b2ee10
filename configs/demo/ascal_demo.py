# AS-CAL with a small LSTM on procedural skeletons: minutes on two CPU cores.
_base_ = ['../_base_/ascal.py', '../_base_/datasets/demo.py']

# Own choice, for few steps and little time, as in hico_demo.py.
model = dict(
    backbone=dict(num_frames=64, hidden_channels=64), queue=dict(length=256), momentum=0.99)
optim_wrapper = dict(optimizer=dict(lr=0.03))
param_scheduler = dict(milestones=[20])
train_cfg = dict(max_epochs=24, val_interval=4)
default_hooks = dict(logger=dict(interval=6), checkpoint=dict(interval=4))
protocol = 'small_sets'
