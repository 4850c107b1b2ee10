# ISC with a small GRU and a small 2s-AGCN on the data of hico_seven_sets.py. Own choices: HiCo's views,
# temperature, epochs, momentum and queue.
_base_ = ['../_base_/isc.py', '../_base_/datasets/seven_sets.py']

model = dict(
    backbone=dict(
        encoders=dict(
            sequence=dict(num_persons=1, hidden_channels=64, num_layers=1),
            graph=dict(
                num_persons=1,
                network=dict(
                    num_person=1, base_channels=8, num_stages=4, inflate_stages=[2, 3, 4],
                    down_stages=[2, 3, 4])))),
    contrast=dict(temperature=0.2),
    momentum=0.99, queue=dict(length=512))
param_scheduler = dict(milestones=[20])
train_cfg = dict(max_epochs=24, val_interval=6)
default_hooks = dict(checkpoint=dict(interval=6))
protocol = 'small_sets'
