# NTU-120 x-set: even setups train.
_base_ = 'hico_ntu120.py'

train_dataloader = dict(dataset=dict(dataset=dict(split='xset_train')))
val_dataloader = dict(dataset=dict(split='xset_val'))
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(dataset=dict(split='xset_train')))
test_cfg = val_cfg
