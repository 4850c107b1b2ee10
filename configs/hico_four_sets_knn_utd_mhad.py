# Retrieval with hico_four_sets.py on UTD-MHAD, by tools/test.py.
_base_ = '_base_/hico_four_sets_knn.py'

annotations = dict(ann_file='data/skeleton/utd_mhad_ntu25.pkl', num_classes=27)
val_dataloader = dict(dataset=annotations)
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(dataset=annotations))
test_cfg = val_cfg
