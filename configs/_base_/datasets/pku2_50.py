_base_ = 'pku1_50.py'

# The classes are those of PKU-MMD I.
pku2 = dict(ann_file='data/skeleton/pku2.pkl')
train_dataloader = dict(dataset=dict(dataset=pku2))
val_dataloader = dict(dataset=pku2)
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(dataset=pku2))
test_cfg = val_cfg
