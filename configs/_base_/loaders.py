# Loaders and evaluation of a pre-training; the files of datasets/ add the data. The gallery of the
# evaluation is also the labelled training data of the tasks, its queries are their test data.
train_dataloader = dict(
    batch_size=64,  # released code
    num_workers=2,
    persistent_workers=True,
    drop_last=True,
    collate_fn=dict(type='skeleton_collate'),
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(type='SeededDataset'))
val_dataloader = dict(
    batch_size=256,
    num_workers=2,
    persistent_workers=True,
    collate_fn=dict(type='skeleton_collate'),
    sampler=dict(type='DefaultSampler', shuffle=False))
test_dataloader = val_dataloader

# Retrieval: the nearest neighbour in the gallery by cosine similarity (Section 4.2).
val_cfg = dict(type='KNNValLoop', gallery_dataloader=val_dataloader)
test_cfg = dict(type='KNNTestLoop', gallery_dataloader=val_dataloader)
val_evaluator = dict(type='KNNMetric', k=1, similarity='cosine')
test_evaluator = val_evaluator
