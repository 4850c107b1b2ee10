# Evaluation on UTKinect-Action3D: pre-training is that of skeletonclr_four_sets.py.
_base_ = 'skeletonclr_four_sets.py'

utkinect = dict(ann_file='data/skeleton/utkinect_ntu25.pkl', num_classes=10)
val_dataloader = dict(dataset=utkinect)
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(dataset=utkinect))
test_cfg = val_cfg
work_dir = 'work_dirs/skeletonclr_four_sets'
