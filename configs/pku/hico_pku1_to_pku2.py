# Transfer from PKU-MMD I to PKU-MMD II (Table 5): pre-training is that of hico_pku1.py.
_base_ = 'hico_pku2.py'

train_dataloader = dict(dataset=dict(dataset=dict(ann_file='data/skeleton/pku1.pkl')))
work_dir = 'work_dirs/hico_pku1'
