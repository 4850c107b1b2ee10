import pytest
import torch
from mmaction.registry import MODELS
from mmengine.config import Config

from hico_mm.apis.inference import (
    count_channels,
    encoder_fingerprint,
    find_test_data,
    instance_feature,
    load_recognizer,
)


def test_test_data_are_found_within_wrappers():
    inner = dict(type='SkeletonDataset', pipeline=[1])
    for dataset in (inner, dict(type='Wrapper', dataset=inner),
                    dict(type='ConcatDataset', datasets=[inner, dict(pipeline=[2])])):
        cfg = Config(dict(model=dict(type='x'), test_dataloader=dict(dataset=dataset)))
        assert find_test_data(cfg) == inner


@pytest.mark.parametrize('content, message', [
    (dict(a=1), r"no config of a pre-training or a task: it has no \['model', 'test_dataloader'\]"),
    (dict(model=dict(type='x')), r"it has no \['test_dataloader'\]. Name the config of a pre-training"),
    (dict(model=dict(type='x'), test_dataloader=dict(dataset=dict(type='y'))), 'has no pipeline'),
])
def test_other_configs_are_refused(content, message):
    with pytest.raises(ValueError, match=message):
        find_test_data(Config(content))


@pytest.mark.parametrize('name, checkpoint', [
    ('config', 'checkpoint'), ('task', 'task_checkpoint'), ('config', 'task_checkpoint')])
def test_weights_are_those_of_the_checkpoint(small, name, checkpoint):
    path = getattr(small, checkpoint)
    model, classes = load_recognizer(Config.fromfile(getattr(small, name)), path)
    state = torch.load(path)['state_dict']
    for parameter, tensor in model.state_dict().items():
        if parameter.startswith(('backbone.', 'cls_head.')):
            assert torch.equal(tensor, state[parameter])
    assert classes == (['walk', 'wave', 'bow'] if name == 'task' else None) and not model.training


def test_names_of_the_config_go_before_those_of_the_checkpoint(small, changed, tmp_path):
    def classes(of_config, of_checkpoint):
        state = torch.load(small.task_checkpoint)
        torch.save(dict(state, meta=dict(dataset_meta=dict(classes=of_checkpoint))), tmp_path / 'a.pth')
        cfg = changed({'test_dataloader.dataset.metainfo': dict(classes=of_config)}, 'task')
        assert load_recognizer(cfg, str(tmp_path / 'a.pth'), with_head=False)[1] is None
        return load_recognizer(cfg, str(tmp_path / 'a.pth'))[1]

    assert classes(('a', 'b', 'c'), ['x', 'y', 'z']) == ['a', 'b', 'c']
    assert classes(None, ['x', 'y', 'z']) == ['x', 'y', 'z']
    assert classes(None, None) is None
    with pytest.raises(ValueError, match='names of 2 classes, but the head has 3. Correct metainfo'):
        classes(None, ['x', 'y'])


def test_the_untrained_encoder_is_repeatable_and_leaves_the_generator_alone(small):
    cfg = Config.fromfile(small.config)
    torch.manual_seed(0)
    first, _ = load_recognizer(cfg, None)
    drawn = torch.rand(1)
    torch.manual_seed(0)
    assert drawn.equal(torch.rand(1))
    second, _ = load_recognizer(cfg, None)
    assert encoder_fingerprint(first, cfg) == encoder_fingerprint(second, cfg)


@pytest.fixture
def fingerprint(small, changed):
    """Fingerprint of the pre-trained encoder with changed settings, or of the same in a task."""
    def compute(options, name='config', mapping=None):
        cfg = changed(options, name)
        if mapping is not None:
            cfg.test_dataloader.dataset.pipeline.insert(
                0, dict(type='MapJoints', source='h36m', target='nturgb+d', **mapping))
        checkpoint = small.task_checkpoint if name == 'task' else small.checkpoint
        return encoder_fingerprint(load_recognizer(cfg, checkpoint)[0], cfg)

    return compute


@pytest.mark.parametrize('options, mapping', [
    ({'model.data_preprocessor': dict(type='SkeletonPreprocessor', stream='bone')}, None),
    ({'model.backbone.s2s': dict(type='S2STransformer', num_heads=2)}, None),  # fits the same weights
    ({'test_dataloader.dataset.pipeline.2.ratio': 0.5}, None),
    ({}, dict(axes=('right', 'up', 'away'))), ({}, dict(scale=0.001)),
    ({}, dict(target_axes=('right', 'up', 'away'))), ({}, dict(target_scale=0.001)),
])
def test_another_fingerprint_for_other_features(fingerprint, options, mapping):
    assert fingerprint(options, mapping=mapping) != fingerprint({})


@pytest.mark.parametrize('options, name, mapping', [
    ({}, 'task', None), ({'model.backbone.frozen': True}, 'task', None),
    ({'test_dataloader.dataset.ann_file': 'other.pkl'}, 'config', None), ({}, 'config', {})])
def test_the_same_fingerprint_for_the_same_features(fingerprint, options, name, mapping):
    assert fingerprint(options, name, mapping) == fingerprint({})


def test_another_fingerprint_for_other_weights(small, fingerprint):
    cfg = Config.fromfile(small.config)
    model, _ = load_recognizer(cfg, small.checkpoint)
    with torch.no_grad():
        next(model.backbone.parameters()).mul_(1.01)
    assert encoder_fingerprint(model, cfg) != fingerprint({})


@pytest.mark.parametrize('name, options, checkpoint, error, message', [
    ('task', {}, None, ValueError, 'has a head for classes, which without a checkpoint is random'),
    ('task', {}, 'checkpoint', ValueError, 'has a head .* but the checkpoint .* has none: it is of'),
    ('config', {}, 'gone', FileNotFoundError, 'Checkpoint gone does not exist'),
    ('config', {}, 'config', ValueError, 'config.py is corrupt or no checkpoint'),
    ('config', {'model.backbone.hidden_channels': 4}, 'checkpoint', ValueError,
     'does not fit the model: .* have another shape'),
])
def test_checkpoints_that_do_not_fit(small, changed, name, options, checkpoint, error, message):
    checkpoint = checkpoint and getattr(small, checkpoint, checkpoint)
    with pytest.raises(error, match=message):
        load_recognizer(changed(options, name), checkpoint)


def test_instance_features_by_hand():
    clips = torch.tensor([[1., 2], [3, 4], [5, 6], [7, 8]])
    assert instance_feature(dict(instance=clips), 2).tolist() == [[2, 3], [6, 7]]
    maps = torch.zeros(1, 2, 3, 4, 5)  # (N, M, D, T', V')
    maps[0, 0, 1] = 2
    maps[0, 1, 2, 0, 0] = 40
    assert instance_feature(maps, 1).tolist() == [[0, 1, 1]]


def test_channels_of_a_network_of_mmaction2():
    model = MODELS.build(dict(
        type='RecognizerGCN', cls_head=dict(type='GCNHead', num_classes=3, in_channels=7),
        backbone=dict(type='STGCN', graph_cfg=dict(layout='coco', mode='stgcn_spatial'))))
    assert count_channels(model) == 7
