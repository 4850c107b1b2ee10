# NTU-60 x-view: cameras 2 and 3 train.
_base_ = 'hico_ntu60.py'

train_dataloader = dict(dataset=dict(dataset=dict(split='xview_train')))
val_dataloader = dict(dataset=dict(split='xview_val'))
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(dataset=dict(split='xview_train')))
test_cfg = val_cfg
