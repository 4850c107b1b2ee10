# Linear evaluation of hico_four_sets.py on UTD-MHAD.
_base_ = '_base_/hico_four_sets_linear.py'

annotations = dict(ann_file='data/skeleton/utd_mhad_ntu25.pkl', num_classes=27)
train_dataloader = dict(dataset=annotations)
val_dataloader = dict(dataset=annotations)
test_dataloader = val_dataloader
model = dict(cls_head=dict(num_classes=27))
