_base_ = 'ntu120_50.py'

# Even setups train.
train_dataloader = dict(dataset=dict(dataset=dict(split='xset_train')))
val_dataloader = dict(dataset=dict(split='xset_val'))
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(dataset=dict(split='xset_train')))
test_cfg = val_cfg
