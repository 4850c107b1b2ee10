# Transfer from NTU-60 to PKU-MMD II (Table 5): pre-training is that of hico_ntu60.py.
_base_ = 'hico_pku2.py'

train_dataloader = dict(
    dataset=dict(dataset=dict(ann_file='data/skeleton/ntu60_3d.pkl', num_classes=60)))
work_dir = 'work_dirs/hico_ntu60'
