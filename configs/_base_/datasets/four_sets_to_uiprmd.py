_base_ = 'four_sets.py'

# Pre-training on the four sets, evaluation on UI-PRMD.
uiprmd = dict(ann_file='data/skeleton/uiprmd_ntu25.pkl', num_classes=10)
val_dataloader = dict(dataset=uiprmd)
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(dataset=uiprmd))
test_cfg = val_cfg
