_base_ = 'four_sets.py'

# Pre-training on the four sets, evaluation on UTKinect-Action3D.
utkinect = dict(ann_file='data/skeleton/utkinect_ntu25.pkl', num_classes=10)
val_dataloader = dict(dataset=utkinect)
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(dataset=utkinect))
test_cfg = val_cfg
