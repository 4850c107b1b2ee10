# CrosSCLR by its joint stream alone (Table 1): pre-training is that of crossclr_ntu60.py.
_base_ = 'crossclr_ntu60.py'

model = dict(backbone=dict(instance=['joint']))
work_dir = 'work_dirs/crossclr_ntu60'
