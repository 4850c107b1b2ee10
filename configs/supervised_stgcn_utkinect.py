# As supervised_stgcn_utd_mhad.py, UTKinect-Action3D.
_base_ = 'supervised_stgcn_utd_mhad.py'

utkinect = dict(ann_file='data/skeleton/utkinect_ntu25.pkl', num_classes=10)
model = dict(cls_head=dict(num_classes=10))
train_dataloader = dict(dataset=dict(dataset=utkinect))
val_dataloader = dict(dataset=utkinect)
test_dataloader = val_dataloader
