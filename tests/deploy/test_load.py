import numpy as np
import pytest
import torch
from mmengine.config import Config

from hico_mm.deploy.contract import CLS_SCORE, FEATURE
from hico_mm.deploy.load import load_for_export

PIPELINE = """
pipeline = [dict(type='NormalizeSkeleton', layout='nturgb+d'), dict(type='PackActionInputs')]
test_dataloader = dict(dataset=dict(type='Wrapper', dataset=dict(pipeline=pipeline)))
"""
ENCODER = "dict(type='HiCoEncoder', hidden_channels=8, num_granularities=2, num_frames=8)"
PRETRAINING = f"{PIPELINE}model = dict(type='MoCoRecognizer', queue=dict(length=6), backbone={ENCODER})"
TASK = f"""{PIPELINE}model = dict(
    type='RecognizerGCN', backbone={ENCODER}, data_preprocessor=dict(type='SkeletonPreprocessor'),
    cls_head=dict(type='LinearHead', num_classes=2, in_channels=32))
"""
JOINTS = np.random.default_rng(0).standard_normal((3, 2, 8, 25, 3), np.float32)


@pytest.fixture
def config():
    return lambda text, **model: _with(Config.fromstring(text, '.py'), model)


def _with(cfg, model):
    for name, part in model.items():
        cfg.model[name] = part
    return cfg


@pytest.fixture
def save(tmp_path):
    """Saves the weights of a model as training or publishing does."""
    def save(model, classes=None, keep='', wrapper=''):
        path = tmp_path / 'model.pth'
        torch.save(dict(
            meta={} if classes is None else dict(dataset_meta=dict(classes=classes)),
            state_dict={wrapper + name: tensor for name, tensor in model.state_dict().items()
                        if name.startswith(keep)}), path)
        return str(path)
    return save


@pytest.fixture
def trained(config, save):
    """A model with other weights than those of the seed."""
    def make(text, **options):
        model, _ = load_for_export(config(text), 'none')
        for parameter in model.parameters():
            parameter.data.add_(0.1)
        return model, save(model, **options)
    return make


def test_a_pretraining_gives_features(config, trained, small):
    model, path = trained(PRETRAINING, classes=['sit', 'stand'])
    loaded, contract = load_for_export(config(PRETRAINING), path)
    assert contract == small.describe(
        FEATURE, num_joints=25, layout='nturgb+d', pipeline=[
            dict(type='NormalizeSkeleton', layout='nturgb+d'), dict(type='PackActionInputs')])
    np.testing.assert_array_equal(small.test_step(loaded.eval(), JOINTS),
                                  small.test_step(model.eval(), JOINTS))
    untrained = load_for_export(config(PRETRAINING), 'none').model.eval()
    assert np.abs(small.test_step(untrained, JOINTS) - small.test_step(model, JOINTS)).max() > 0.1


@pytest.mark.parametrize('options', [dict(keep='backbone.'), dict(wrapper='module.')], ids=str)
def test_published_and_distributed_checkpoints(config, trained, small, options):
    model, path = trained(PRETRAINING, **options)
    loaded, _ = load_for_export(config(PRETRAINING), path)
    np.testing.assert_array_equal(small.test_step(loaded.eval(), JOINTS),
                                  small.test_step(model.eval(), JOINTS))


def test_a_task_gives_scores_and_class_names(config, trained, small):
    model, path = trained(TASK, classes=['sit', 'stand'])
    loaded, contract = load_for_export(config(TASK), path)
    assert (contract.output, contract.classes) == (CLS_SCORE, ['sit', 'stand'])
    np.testing.assert_array_equal(small.test_step(loaded.eval(), JOINTS),
                                  small.test_step(model.eval(), JOINTS))


def test_a_task_without_its_head(config, trained):
    _, path = trained(TASK, keep='backbone.', classes=['sit', 'stand'])
    contract = load_for_export(config(TASK), path, with_head=False).contract
    assert (contract.output, contract.classes) == (FEATURE, [])


def test_stream_and_missing_pipeline(config):
    cfg = config(PRETRAINING, data_preprocessor=dict(type='SkeletonPreprocessor', stream='motion'))
    cfg.pop('test_dataloader')
    contract = load_for_export(cfg, 'none').contract
    assert (contract.stream, contract.layout, contract.pipeline) == ('motion', '', [])


def test_a_checkpoint_that_does_not_fit(config, trained):
    _, path = trained(PRETRAINING)
    with pytest.raises(ValueError, match='2 of .* tensors are missing: .cls_head.fc.weight'):
        load_for_export(config(TASK), path)


def test_names_of_another_number_of_classes(config, trained):
    _, path = trained(TASK, classes=['sit', 'stand', 'lie'])
    with pytest.raises(ValueError, match='has the names of 3 classes, but the head has 2'):
        load_for_export(config(TASK), path)


def test_sizes_that_the_backbone_does_not_know(config, small):
    cfg = config(TASK, backbone=dict(
        type='STGCN', graph_cfg=dict(layout='coco'), base_channels=8, num_stages=1),
        cls_head=dict(type='GCNHead', num_classes=2, in_channels=8))
    with pytest.raises(ValueError, match='STGCN does not know .* --sizes 2 64 25 3'):
        load_for_export(cfg, 'none')
    assert load_for_export(cfg, 'none', sizes=[1, 30, 17, 3]).contract.sizes == (1, 30, 17, 3)
