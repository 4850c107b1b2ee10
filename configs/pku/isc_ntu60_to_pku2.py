# Transfer from NTU-60 to PKU-MMD II (Table 5): pre-training is that of isc_ntu60.py.
_base_ = 'isc_pku2.py'

train_dataloader = dict(
    dataset=dict(dataset=dict(ann_file='data/skeleton/ntu60_3d.pkl', num_classes=60)))
work_dir = 'work_dirs/isc_ntu60'
