# Transfer from PKU-MMD I to PKU-MMD II (Table 5): pre-training is that of hico_pku1.py.
_base_ = 'hico_pku1.py'

pku2 = dict(ann_file='data/skeleton/pku2.pkl', num_classes=51)
val_dataloader = dict(dataset=pku2)
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(dataset=pku2))
test_cfg = val_cfg
work_dir = 'work_dirs/hico_pku1'
