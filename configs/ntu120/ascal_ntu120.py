# AS-CAL, NTU-120 x-sub.
_base_ = '../ntu60/ascal_ntu60.py'

# https://download.openmmlab.com/mmaction/v1.0/skeleton/data/ntu120_3d.pkl
ntu120 = dict(ann_file='data/skeleton/ntu120_3d.pkl', num_classes=120)
train_dataloader = dict(dataset=dict(dataset=ntu120))
val_dataloader = dict(dataset=ntu120)
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(dataset=ntu120))
test_cfg = val_cfg
