# The network of skeletonclr_ntu60.py, with MMAction2's graph, trained with labels by MMAction2's head:
# NTU-60 x-sub.
_base_ = '../tasks/finetune.py'

model = dict(
    backbone=dict(
        _delete_=True,
        type='STGCNOfWidths',
        widths=[16, 16, 16, 16, 32, 32, 32, 64, 64, 256],
        graph_cfg=dict(layout='nturgb+d', mode='stgcn_spatial'),
        tcn_dropout=0.5),
    cls_head=dict(_delete_=True, type='GCNHead', num_classes=60, in_channels=256))
# As MMAction2 trains ST-GCN (stgcn_8xb16-joint-u100-80e), but for the steps of the learning rate.
train_dataloader = dict(batch_size=128)
optim_wrapper = dict(optimizer=dict(lr=0.1, weight_decay=5e-4, nesterov=True))
auto_scale_lr = dict(base_batch_size=128)
sync_bn = 'torch'  # as in _base_/skeletonclr.py
load_from = None
work_dir = 'work_dirs/supervised_stgcn_ntu60'
