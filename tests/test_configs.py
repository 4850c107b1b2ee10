"""Every config file builds, and the numbers of the paper's protocol stand in it."""
from pathlib import Path

import pytest
from mmaction.registry import HOOKS, MODELS, TRANSFORMS
from mmengine.config import Config

CONFIGS = sorted((Path(__file__).parents[1] / 'configs').glob('*.py'))


def load(name: str) -> Config:
    return Config.fromfile(Path(__file__).parents[1] / 'configs' / f'{name}.py')


@pytest.fixture(params=CONFIGS, ids=lambda path: path.stem)
def cfg(request) -> Config:
    return Config.fromfile(request.param)


def datasets_of(cfg: Config) -> list[dict]:
    loaders = [cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader]
    loaders = [loader for loader in loaders if loader is not None]
    loaders += [loop.gallery_dataloader for loop in (cfg.val_cfg, cfg.test_cfg)
                if 'gallery_dataloader' in loop]
    found = []
    for loader in loaders:
        dataset = loader.dataset
        dataset = dataset.get('dataset', dataset)
        found += dataset.get('datasets', [dataset])
    return found


def test_model_hooks_and_pipelines_build(cfg):
    model = MODELS.build(cfg.model)
    assert model.backbone.input_sizes['num_joints'] == cfg.model.backbone.num_joints
    for hook in cfg.custom_hooks:
        HOOKS.build(hook)
    for dataset in datasets_of(cfg):
        for transform in dataset.pipeline:
            TRANSFORMS.build(transform)


def test_pipeline_data_and_model_agree(cfg):
    """What the pipeline makes is what the encoder takes; the head has the data's classes."""
    backbone = cfg.model.backbone
    for dataset in datasets_of(cfg):
        by_type = {step['type']: step for step in dataset.pipeline}
        crop = by_type.get('CentralCropResize')
        crop = crop or by_type['TwoViews'].transforms[0]
        assert crop.clip_len == backbone.num_frames
        assert by_type['FormatGCNInput'].num_person == backbone.num_persons
        assert by_type['KeepActivePersons'].num_person == backbone.num_persons
        assert dataset.get('num_joints', 25) == backbone.num_joints
        if 'cls_head' in cfg.model:
            assert dataset.num_classes == cfg.model.cls_head.num_classes
    if 'cls_head' in cfg.model:
        assert MODELS.build(cfg.model).backbone.feature_channels['instance'] == (
            cfg.model.cls_head.in_channels)


def test_evaluation_crop_is_central_and_training_has_two_views(cfg):
    if cfg.train_dataloader is not None:
        probe = cfg.model.type == 'RecognizerGCN'
        assert any(step['type'] == 'TwoViews' for step in datasets_of(cfg)[0].pipeline) != probe
    for dataset in datasets_of(cfg):
        if dataset.get('test_mode'):
            crop = next(s for s in dataset.pipeline if s['type'] == 'CentralCropResize')
            assert crop.ratio == 0.95
            assert 'val' in dataset.split or 'train' in dataset.split


def test_ntu60_has_the_full_schedule_of_the_paper():
    cfg = load('hico_ntu60')
    assert cfg.train_cfg.max_epochs == 451
    assert cfg.param_scheduler.milestones == [351] and cfg.param_scheduler.gamma == 0.1
    assert cfg.optim_wrapper.optimizer == dict(
        type='SGD', lr=0.01, momentum=0.9, weight_decay=1e-4)
    assert cfg.train_dataloader.batch_size == 64 and cfg.train_dataloader.drop_last
    assert cfg.model.momentum == 0.999
    assert cfg.model.contrast.temperature == 0.2
    assert cfg.model.queue.length == 2048
    model = MODELS.build(cfg.model)
    assert model.backbone.feature_channels['instance'] == 4096
    assert len(model.queues['clip'].features) == 4 * 2048
    train = cfg.train_dataloader.dataset.dataset
    assert (train.ann_file, train.split) == ('data/skeleton/ntu60_3d.pkl', 'xsub_train')
    assert cfg.val_cfg.gallery_dataloader.dataset.split == 'xsub_train'
    assert cfg.val_dataloader.dataset.split == 'xsub_val'


def test_ntu60_linear_has_the_protocol_of_the_released_code():
    cfg = load('hico_ntu60_linear')
    assert cfg.train_cfg.max_epochs == 80
    assert cfg.param_scheduler.milestones == [50, 70]
    assert cfg.optim_wrapper.optimizer == dict(
        type='SGD', lr=2.0, momentum=0.9, weight_decay=0.0)
    assert cfg.train_dataloader.batch_size == 1024
    assert cfg.model.backbone.frozen


def test_four_small_sets_have_the_schedule_of_the_table():
    cfg = load('hico_four_sets')
    assert (cfg.train_cfg.max_epochs, cfg.param_scheduler.milestones) == (60, [50])
    assert cfg.optim_wrapper.optimizer.lr == 0.01
    assert (cfg.train_dataloader.batch_size, cfg.model.queue.length) == (64, 1024)
    probe = load('hico_four_sets_linear_kard')
    assert (probe.train_cfg.max_epochs, probe.param_scheduler.milestones) == (80, [50, 70])
    assert (probe.optim_wrapper.optimizer.lr, probe.train_dataloader.batch_size) == (1.0, 128)


@pytest.mark.parametrize('name', ['hico_demo', 'hico_ntu60', 'hico_utd_mhad'])
def test_probe_loads_the_last_checkpoint_of_pretraining(name):
    last = load(name).train_cfg.max_epochs
    assert load(f'{name}_linear').load_from == f'work_dirs/{name}/epoch_{last}.pth'


@pytest.mark.parametrize('s2s', ['S2SGRU', 'S2SLSTM', 'S2STransformer'])
def test_the_type_is_enough_to_exchange_the_s2s_encoder(s2s):
    cfg = load('hico_demo')
    cfg.merge_from_dict({'model.backbone.s2s.type': s2s})
    assert type(MODELS.build(cfg.model).backbone.temporal.s2s).__name__ == s2s
