# Transfer from UI-PRMD to UTD-MHAD: the small counterpart of Table 5.
_base_ = 'hico_four_sets.py'

uiprmd = dict(ann_file='data/skeleton/uiprmd_ntu25.pkl')
train_dataloader = dict(
    dataset=dict(dataset=dict(_delete_=True, **_base_.pretrain, **uiprmd)))
