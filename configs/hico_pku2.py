# PKU-MMD II x-sub; the classes are those of PKU-MMD I.
_base_ = 'hico_pku1.py'

pku2 = dict(ann_file='data/skeleton/pku2.pkl')
train_dataloader = dict(dataset=dict(dataset=pku2))
val_dataloader = dict(dataset=pku2)
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(dataset=pku2))
test_cfg = val_cfg
