# SkeletonCLR with the ST-GCN of skeletonclr_demo.py on four small sets, evaluated on UTD-MHAD.
_base_ = ['_base_/skeletonclr.py', '_base_/datasets/four_sets.py']

# Own choice, for 1,801 sequences and little time. Views, batch size, queue, epochs and temperature are
# those of hico_four_sets.py, so that the encoder alone differs; the learning rate is the authors' for
# half their batch.
model = dict(
    backbone=dict(num_persons=1, network=_base_.small_network),
    contrast=dict(temperature=0.2),
    queue=dict(length=1024))
optim_wrapper = dict(optimizer=dict(lr=0.05))
param_scheduler = dict(milestones=[250])
train_cfg = dict(max_epochs=300, val_interval=20)
tasks = _base_.small_tasks
