# ISC with a small GRU and a small 2s-AGCN on four small sets, evaluated on UTD-MHAD. Own choice: epochs
# as in crossclr_four_sets.py.
_base_ = ['../_base_/isc.py', '../_base_/datasets/four_sets.py']

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
    queue=dict(length=1024))
param_scheduler = dict(milestones=[16])
train_cfg = dict(max_epochs=20, val_interval=20)
protocol = 'small_sets'
