import numpy as np
import pytest
import torch
from mmaction.registry import MODELS
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
        model = MODELS.build(config(text).model)
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


def test_stream(config):
    cfg = config(PRETRAINING, data_preprocessor=dict(type='SkeletonPreprocessor', stream='motion'))
    assert load_for_export(cfg, 'none').contract.stream == 'motion'


@pytest.mark.parametrize('pipeline, layout', [
    ([dict(type='MapJoints', source='h36m', target='nturgb+d'),
      dict(type='NormalizeSkeleton', layout='nturgb+d')], 'h36m'),
    ([dict(type='NormalizeSkeleton', center=1, zaxis=(0, 1), xaxis=(8, 4)),
      dict(type='Stock', layout='coco')], '')])
def test_the_layout_is_what_the_pipeline_takes(config, pipeline, layout):
    cfg = config(PRETRAINING)
    cfg.test_dataloader.dataset.dataset.pipeline = pipeline
    contract = load_for_export(cfg, 'none').contract
    assert (contract.layout, contract.num_joints, contract.pipeline) == (layout, 25, pipeline)


def test_names_in_the_config_go_before_those_of_the_checkpoint(config, trained):
    cfg = config(TASK)
    cfg.test_dataloader.dataset.dataset.metainfo = dict(classes=['bow', 'wave'])
    _, path = trained(TASK, classes=['sit', 'stand'])
    assert load_for_export(cfg, path).contract.classes == ['bow', 'wave']


def test_the_global_generator_stays_as_it_was(config):
    torch.manual_seed(5)
    load_for_export(config(PRETRAINING), 'none')
    drawn = torch.rand(1)
    torch.manual_seed(5)
    assert torch.equal(drawn, torch.rand(1))


def test_a_checkpoint_of_a_pretraining_has_no_scores(config, trained):
    _, path = trained(PRETRAINING)
    with pytest.raises(ValueError, match='has a head for classes, but the checkpoint .*model.pth has '
                                         'none: it is of a pre-training'):
        load_for_export(config(TASK), path)
    assert load_for_export(config(TASK), path, with_head=False).contract.output == FEATURE


def test_scores_of_a_random_head_are_refused(config):
    with pytest.raises(ValueError, match='which without a checkpoint is random'):
        load_for_export(config(TASK), 'none')
    assert load_for_export(config(TASK), 'none', with_head=False).contract.output == FEATURE


def test_a_config_without_test_data(config):
    cfg = config(PRETRAINING)
    cfg.pop('test_dataloader')
    with pytest.raises(ValueError, match=r"it has no \['test_dataloader'\]"):
        load_for_export(cfg, 'none')


def test_names_of_another_number_of_classes(config, trained):
    _, path = trained(TASK, classes=['sit', 'stand', 'lie'])
    with pytest.raises(ValueError, match='There are names of 3 classes, but the head has 2'):
        load_for_export(config(TASK), path)


def test_sizes_that_the_backbone_does_not_know(config, small):
    cfg = config(TASK, backbone=dict(
        type='STGCN', graph_cfg=dict(layout='coco'), base_channels=8, num_stages=1),
        cls_head=dict(type='GCNHead', num_classes=2, in_channels=8))
    with pytest.raises(ValueError, match='STGCN does not know .* --sizes 2 64 25 3'):
        load_for_export(cfg, 'none', with_head=False)
    contract = load_for_export(cfg, 'none', with_head=False, sizes=[1, 30, 17, 3]).contract
    assert contract.sizes == (1, 30, 17, 3)
