_base_ = 'ntu60_50.py'

# Cameras 2 and 3 train.
train_dataloader = dict(dataset=dict(dataset=dict(split='xview_train')))
val_dataloader = dict(dataset=dict(split='xview_val'))
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(dataset=dict(split='xview_train')))
test_cfg = val_cfg
