# ISC with a small GRU and a small 2s-AGCN on procedural skeletons: minutes on two CPU cores.
_base_ = ['../_base_/isc.py', '../_base_/datasets/demo.py']

# Own choice, for few steps and little time, as in hico_demo.py.
model = dict(
    backbone=dict(
        encoders=dict(
            sequence=dict(hidden_channels=64, num_layers=1),
            graph=dict(
                network=dict(
                    base_channels=8, num_stages=4, inflate_stages=[2, 3, 4], down_stages=[2, 3, 4])))),
    contrast=dict(temperature=0.1), queue=dict(length=256), momentum=0.99)
optim_wrapper = dict(optimizer=dict(lr=0.03))
param_scheduler = dict(milestones=[20])
train_cfg = dict(max_epochs=24, val_interval=4)
default_hooks = dict(logger=dict(interval=6), checkpoint=dict(interval=4))
protocol = 'small_sets'
