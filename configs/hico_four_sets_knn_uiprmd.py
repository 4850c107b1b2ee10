# Retrieval with hico_four_sets.py on UI-PRMD, by tools/test.py.
_base_ = '_base_/hico_four_sets_knn.py'

annotations = dict(ann_file='data/skeleton/uiprmd_ntu25.pkl', num_classes=10)
val_dataloader = dict(dataset=annotations)
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(dataset=annotations))
test_cfg = val_cfg
