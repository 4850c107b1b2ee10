# SkeletonCLR with the small ST-GCN of skeletonclr_demo.py. Own choice, for 1,801 sequences.
_base_ = 'skeletonclr.py'

# Views, batch size, queue, epochs and temperature are those of HiCo, so that only the encoder differs.
# The authors' learning rate is 0.1 for twice this batch size.
model = dict(
    backbone=dict(num_persons=1, num_frames=64, network=_base_.small_network),
    neck=_base_.small_neck,
    contrast=dict(temperature=0.2),
    queue=dict(length=1024))
optim_wrapper = dict(optimizer=dict(lr=0.05))
param_scheduler = dict(milestones=[250])
train_cfg = dict(max_epochs=300, val_interval=20)
protocol = 'small_sets'
