import pytest
import torch
from mmengine.config import Config

from hico_mm.apis.inference import (
    encoder_fingerprint,
    find_test_data,
    instance_feature,
    load_recognizer,
)
from hico_mm.datasets.transforms import CentralCropResize
from hico_mm.models import HiCoEncoder


def test_test_data_are_found_within_wrappers_and_other_configs_refused():
    inner = dict(type='SkeletonDataset', pipeline=[1])
    for dataset in (inner, dict(type='Wrapper', dataset=inner),
                    dict(type='ConcatDataset', datasets=[inner, dict(pipeline=[2])])):
        cfg = Config(dict(model=dict(type='x'), test_dataloader=dict(dataset=dataset)))
        assert find_test_data(cfg) == inner
    data = dict(test_dataloader=dict(dataset=inner))
    for content in (data, dict(model=dict(type='x')), dict(model=dict(type='x'), test_dataloader={})):
        with pytest.raises(ValueError, match='no config of a pre-training or a task: .* Name one such'):
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


@pytest.mark.parametrize('name, options, mapping, is_same', [
    ('task', {}, None, True),
    ('task', {'model.backbone.frozen': True}, None, True),
    ('config', {'test_dataloader.dataset.ann_file': 'other.pkl'}, None, True),
    ('config', {}, {}, True),
    ('config', {'model.backbone.type': HiCoEncoder,
                'test_dataloader.dataset.pipeline.2.type': CentralCropResize}, None, True),  # classes
    ('config', {'model.data_preprocessor.stream': 'bone'}, None, False),
    ('config', {'model.backbone.s2s.num_heads': 2}, None, False),  # fits the same weights
    ('config', {'test_dataloader.dataset.pipeline.2.ratio': 0.5}, None, False),
    *[('config', {}, {name: value}, False) for name, value in dict(
        axes=('right', 'up', 'away'), scale=0.001, target_axes=('right', 'up', 'away'),
        target_scale=0.001).items()],
])
def test_fingerprints_are_the_same_for_the_same_features(
        small, encoder, changed, name, options, mapping, is_same):
    cfg = changed(options, name)
    if mapping is not None:
        cfg.test_dataloader.dataset.pipeline.insert(
            0, dict(type='MapJoints', source='h36m', target='nturgb+d', **mapping))
    model, _ = load_recognizer(cfg, small.task_checkpoint if name == 'task' else small.checkpoint)
    assert (encoder_fingerprint(model, cfg) == encoder.fingerprint) is is_same
    with torch.no_grad():
        next(model.backbone.parameters()).mul_(1.01)
    assert encoder_fingerprint(model, cfg) != encoder.fingerprint


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
