# Evaluation on UI-PRMD: pre-training is that of hico_four_sets.py.
_base_ = 'hico_four_sets.py'

uiprmd = dict(ann_file='data/skeleton/uiprmd_ntu25.pkl', num_classes=10)
val_dataloader = dict(dataset=uiprmd)
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(dataset=uiprmd))
test_cfg = val_cfg
work_dir = 'work_dirs/hico_four_sets'
