"""A small encoder with and without a head, with checkpoints and data; and recognizers to export."""
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample
from mmengine.config import Config
from mmengine.registry import init_default_scope

from hico_mm.apis import SkeletonInferencer, preparation
from hico_mm.apis.onnx_model import OnnxSpec
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
BACKBONE = dict(type='HiCoEncoder', num_frames=16, hidden_channels=8, num_granularities=2,
                s2s=dict(type='S2STransformer'))
COMMON = dict(backbone=BACKBONE, data_preprocessor=dict(type='SkeletonPreprocessor'))
PRETRAINING = dict(type='MoCoRecognizer', queue=dict(length=8), **COMMON)
HEAD = dict(type='LinearHead', num_classes=3, in_channels=32)
TASK = dict(type='RecognizerGCN', cls_head=HEAD, **COMMON)
TEST = '''
test_cfg = dict(type='TestLoop')
test_evaluator = dict(type='AccMetric')
'''


@pytest.fixture(scope='session')
def small(tmp_path_factory):
    """Paths: ``ann`` of annotations, ``config`` and ``checkpoint``, ``task`` and ``task_checkpoint``."""
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


@pytest.fixture
def look(small):
    """Builds an inferencer of the small encoder."""
    return lambda *args, **options: SkeletonInferencer(small.config, small.checkpoint, *args, **options)


@pytest.fixture(scope='session')
def encoder(small):
    return SkeletonInferencer(small.config, small.checkpoint)


@pytest.fixture
def warnings(monkeypatch):
    """Texts of warnings of doubtful recordings."""
    texts = []
    monkeypatch.setattr(preparation, 'print_log', lambda text, *_: texts.append(text))
    return texts


SIZES = dict(num_persons=2, num_frames=8, num_joints=5, in_channels=3)
NO_LEVELS = dict(type='HierarchicalContrastLoss', weights=dict(domain=0, clip=0, part=0))


def build(head=False, stream='joint', parents=(0, 0, 1, 1, 3), sizes=SIZES, **encoder):
    """A recognizer of a task with a head, else that of a pre-training, of random weights."""
    backbone = dict(dict(type='HiCoEncoder', s2s=dict(type='S2SGRU'), hidden_channels=8,
                         num_granularities=2, **sizes), **encoder)
    if head:
        model = dict(type='RecognizerGCN', cls_head=dict(
            type='LinearHead', num_classes=4, in_channels=32 if encoder.get('branches') is None else 16))
    else:  # with the level of the contrast that every encoder has
        model = dict(type='MoCoRecognizer', queue=dict(length=6), contrast=NO_LEVELS)
    model = MODELS.build(dict(model, backbone=backbone, data_preprocessor=dict(
        type='SkeletonPreprocessor', stream=stream, parents=parents)))
    with torch.no_grad():  # biases and norms begin at 0 and 1, where a mistake could hide
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return model.eval()


def describe(output, stream='joint', **changes):
    return OnnxSpec(**{**SIZES, 'layout': '', 'stream': stream, 'output': output, 'classes': [],
                       'pipeline': [], **changes})


@torch.no_grad()
def run_test_step(model, joints):
    """What a test loop of MMEngine gives for each sequence, scores or feature, stacked."""
    samples = model.test_step(dict(inputs=[joints[None] for joints in torch.from_numpy(joints)],
                                   data_samples=[ActionDataSample() for _ in joints]))
    return torch.stack([sample.get('pred_score', sample.get('feature')) for sample in samples]).numpy()


@pytest.fixture(scope='session')
def tiny():
    """The functions above, for tests that cannot import this file."""
    return SimpleNamespace(build=build, describe=describe, test_step=run_test_step, levels=NO_LEVELS)
