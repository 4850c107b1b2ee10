"""A small encoder with and without a head, their checkpoints, and an annotation file."""
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.registry import init_default_scope

from hico_mm.datasets import write_annotation_file
from hico_mm.datasets.synthetic import make_sequences

CONFIG = '''
default_scope = 'mmaction'
custom_imports = dict(imports=['hico_mm'], allow_failed_imports=False)
evaluate_pipeline = [
    dict(type='KeepActivePersons', num_person=2), dict(type='NormalizeSkeleton', layout='nturgb+d'),
    dict(type='CentralCropResize', clip_len=16), dict(type='FormatGCNInput', num_person=2),
    dict(type='PackActionInputs', meta_keys=('frame_dir', ))]
data = dict(type='SkeletonDataset', ann_file={ann_file!r}, num_classes=3, num_joints=25, num_coords=3,
            metainfo=dict(classes=['walk', 'wave', 'bow']), pipeline=evaluate_pipeline, test_mode=True)
loader = dict(batch_size=4, num_workers=0, collate_fn=dict(type='skeleton_collate'),
              sampler=dict(type='DefaultSampler', shuffle=False))
test_dataloader = dict(dataset=dict(split='val', **data), **loader)
model = {model!r}
'''
BACKBONE = dict(type='HiCoEncoder', num_frames=16, hidden_channels=8, num_granularities=2)
PRETRAINING = dict(type='MoCoRecognizer', queue=dict(length=8), backbone=BACKBONE)
TASK = dict(type='RecognizerGCN', backbone=BACKBONE, data_preprocessor=dict(type='SkeletonPreprocessor'),
            cls_head=dict(type='LinearHead', num_classes=3, in_channels=32))
TEST = '''
test_cfg = dict(type='TestLoop')
test_evaluator = dict(type='AccMetric')
'''


@pytest.fixture(scope='session')
def small(tmp_path_factory):
    """Paths: ``ann_file``, ``config`` and ``checkpoint``, ``task`` and ``task_checkpoint``."""
    init_default_scope('mmaction')
    folder = tmp_path_factory.mktemp('small')
    sequences = [{**annotation, 'keypoint': annotation['keypoint'].astype(np.float32)}
                 for annotation in make_sequences(9, 'val', num_classes=3)]
    paths = {name: str(folder / name) for name in (
        'ann.pkl', 'config.py', 'checkpoint.pth', 'task.py', 'task_checkpoint.pth')}
    write_annotation_file(paths['ann.pkl'], dict(train=sequences[:6], val=sequences[3:]), 'float16')
    for name, model, rest in (('config.py', PRETRAINING, ''), ('task.py', TASK, TEST)):
        (folder / name).write_text(CONFIG.format(ann_file=paths['ann.pkl'], model=model) + rest)
    torch.manual_seed(5)
    recognizer = MODELS.build(PRETRAINING)
    torch.save(dict(state_dict=recognizer.state_dict()), paths['checkpoint.pth'])
    classifier = MODELS.build(TASK)
    classifier.backbone.load_state_dict(recognizer.backbone.state_dict())
    torch.save(dict(state_dict=classifier.state_dict()), paths['task_checkpoint.pth'])
    return SimpleNamespace(sequences=sequences, folder=folder,
                           **{name.split('.')[0]: path for name, path in paths.items()})


@pytest.fixture
def changed(small):
    """A config with changes, value by dotted key."""
    def change(options, name='config'):
        config = Config.fromfile(getattr(small, name))
        config.merge_from_dict(options)
        return config

    return change
