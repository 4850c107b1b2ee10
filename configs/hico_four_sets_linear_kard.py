# Linear evaluation of hico_four_sets.py on KARD.
_base_ = '_base_/hico_four_sets_linear.py'

annotations = dict(ann_file='data/skeleton/kard_ntu25.pkl', num_classes=18)
train_dataloader = dict(dataset=annotations)
val_dataloader = dict(dataset=annotations)
test_dataloader = val_dataloader
model = dict(cls_head=dict(num_classes=18))
