# What the tasks have in common: encoder, input and labelled data are those of a pre-training config.
# PRETRAIN names it, by an absolute path or one that begins in this folder. It may be the config that a
# pre-training left in its work dir: then encoder and input are what was really trained.
_base_ = '{{$PRETRAIN:../hico_ntu60.py}}'

import os.path as osp  # noqa: E402  (below _base_, or MMEngine takes this for a pure-Python config)

from hico_mm.utils.checkpoint import last_checkpoint  # noqa: E402

folder, pretraining = osp.split(osp.splitext('{{$PRETRAIN:../hico_ntu60.py}}')[0])
if not osp.isfile(osp.join(folder, 'last_checkpoint')):  # it is not the config in a work dir
    folder = _base_.get('work_dir') or f'work_dirs/{pretraining}'
# The checkpoint of the last epoch; --cfg-options load_from=None takes the untrained encoder.
load_from = last_checkpoint(_base_, folder)
resume = False
del folder

model = dict(
    _delete_=True,
    type='RecognizerGCN',
    backbone=_base_.model.backbone,
    data_preprocessor=_base_.model.data_preprocessor,
    cls_head=dict(
        type='LinearHead',
        num_classes=_base_.val_dataloader.dataset.num_classes,
        encoder=_base_.model.backbone,  # how many channels its features have
        standardize=_base_.get('protocol') == 'small_sets'))

# The gallery of the retrieval is the labelled training split, its queries are the test split.
train_dataloader = dict(
    _base_.train_dataloader, _delete_=True, drop_last=False,
    dataset=dict(_base_.val_cfg.gallery_dataloader.dataset, test_mode=False))
test_dataloader = _base_.val_dataloader
val_cfg = dict(_delete_=True, type='ValLoop')
test_cfg = dict(_delete_=True, type='TestLoop')
val_evaluator = dict(_delete_=True, type='AccMetric')
test_evaluator = dict(_delete_=True, type='AccMetric')

default_hooks = dict(checkpoint=dict(save_best=None))  # the result is that of the last epoch
custom_hooks = [
    *(hook for hook in _base_.get('custom_hooks', [])
      if hook['type'].rpartition('.')[2]
      not in ('UntrainedBaselineHook', 'CheckpointFitHook', 'FillQueueHook')),
    dict(type='CheckpointFitHook'),
]
