_base_ = 'ntu60_50.py'

# tools/data/pku_mmd.py writes the file.
pku1 = dict(ann_file='data/skeleton/pku1.pkl', num_classes=51)
train_dataloader = dict(dataset=dict(dataset=pku1))
val_dataloader = dict(dataset=pku1)
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(dataset=pku1))
test_cfg = val_cfg
