# Transfer from PKU-MMD I to PKU-MMD II (Table 5): pre-training is that of isc_pku1.py.
_base_ = 'isc_pku2.py'

train_dataloader = dict(dataset=dict(dataset=dict(ann_file='data/skeleton/pku1.pkl')))
work_dir = 'work_dirs/isc_pku1'
