# Transfer from UI-PRMD to UTD-MHAD: the small counterpart of Table 5.
_base_ = '../four_sets/hico_four_sets.py'

# Own choice, for 1,000 sequences: as many steps as the four sets get.
model = dict(queue=dict(length=256))
param_scheduler = dict(milestones=[467])
train_cfg = dict(max_epochs=560)
uiprmd = dict(ann_file='data/skeleton/uiprmd_ntu25.pkl')
train_dataloader = dict(
    dataset=dict(dataset=dict(_delete_=True, **_base_.pretrain, **uiprmd)))
