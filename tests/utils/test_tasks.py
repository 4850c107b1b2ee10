"""The config of a task follows from that of the pre-training."""
import copy
import os
from pathlib import Path

import pytest
from mmengine.config import Config

from hico_mm.utils import find_config, load_config
from hico_mm.utils.tasks import check_encoder, load_task_config, make_task_config

TASKS = ['linear', 'semi', 'finetune']


@pytest.fixture(scope='module')
def demo() -> Config:
    return Config.fromfile(find_config('hico_demo'))


@pytest.fixture(scope='module')
def made(demo) -> dict[str, Config]:
    """The demo's tasks, of an encoder and a stream that are not the usual ones."""
    cfg = copy.deepcopy(demo)
    cfg.merge_from_dict({'model.backbone.s2s.type': 'S2SGRU', 'model.backbone.branches': 'temporal',
                         'model.data_preprocessor.stream': 'bone', 'test_dataloader.dataset.split': 'x'})
    before = cfg.to_dict()
    tasks = {task: make_task_config(cfg, task) for task in TASKS}
    assert cfg.to_dict() == before, 'the pre-training config is not changed'
    return dict(tasks, pretraining=cfg)


@pytest.mark.parametrize('task', TASKS)
def test_task_has_encoder_input_and_labelled_data_of_the_pretraining(made, task):
    config, pretraining = made[task], made['pretraining']
    model = config.model.to_dict()
    assert model['backbone'].pop('frozen', False) == (task == 'linear')
    assert model == dict(
        type='RecognizerGCN', backbone=pretraining.model.backbone.to_dict(),
        data_preprocessor=dict(type='SkeletonPreprocessor', stream='bone', parents='nturgb+d'),
        cls_head=dict(type='LinearHead', num_classes=24, encoder=pretraining.model.backbone.to_dict(),
                      standardize=True))
    # The queries, also where the test data are others.
    assert config.val_dataloader == config.test_dataloader == pretraining.val_dataloader
    assert config.val_cfg == dict(type='ValLoop') and config.test_cfg == dict(type='TestLoop')
    assert config.val_evaluator == config.test_evaluator == dict(type='AccMetric')
    assert config.train_cfg.max_epochs == 80 and not config.train_dataloader.drop_last
    hooks = [hook.type for hook in config.custom_hooks]
    assert 'UntrainedBaselineHook' not in hooks and hooks.count('CheckpointFitHook') == 1
    assert config.default_hooks.checkpoint.save_best is None, 'the result is the last epoch'
    assert config.work_dir == f'work_dirs/hico_demo_{task}'
    assert config.load_from == 'work_dirs/hico_demo/epoch_24.pth'
    assert Path(config.filename).name == f'hico_demo_{task}.py'


def test_linear_trains_on_cached_features_without_augmentation(made):
    data = made['linear'].train_dataloader.dataset
    assert (data.type, data.split, data.test_mode) == ('SyntheticSkeletonDataset', 'train', False)
    assert data.pipeline == made['pretraining'].evaluate_pipeline
    assert made['linear'].custom_hooks[-1] == dict(type='CacheFeaturesHook')


@pytest.mark.parametrize('task', ['semi', 'finetune'])
def test_finetuning_augments_repeatably_what_was_drawn(made, task):
    data = made[task].train_dataloader.dataset
    assert data.type == 'SeededDataset'
    data = data.dataset
    if task == 'semi':
        assert (data.type, data.fraction, data.seed) == ('LabelFraction', 0.01, 0)
        assert made[task].custom_hooks[-1] == dict(type='LabelledSequencesHook')
        data = data.dataset
    assert (data.type, data.split, data.test_mode) == ('SyntheticSkeletonDataset', 'train', False)
    assert data.pipeline == made['pretraining'].finetune_pipeline


@pytest.mark.parametrize('key, message', [
    ('val_cfg', 'has no kNN evaluation'),
    ('evaluate_pipeline', r"lacks \['evaluate_pipeline'\], the training pipelines of the tasks"),
    ('val_dataloader.dataset.num_classes', 'Set val_dataloader.dataset.num_classes'),
    ('train_cfg.max_epochs', 'does not train by epochs, .* Set train_cfg.max_epochs'),
])
def test_refuses_a_pretraining_that_lacks_something(demo, key, message):
    cfg = copy.deepcopy(demo)
    *outer, last = key.split('.')
    node = cfg
    for part in outer:
        node = node[part]
    node.pop(last)
    with pytest.raises(ValueError, match=message):
        make_task_config(cfg, 'linear')


@pytest.mark.parametrize('task, options, error, message', [
    ('lineer', {}, KeyError, r"'lineer'; .*tasks has \['finetune', 'linear', 'semi'\]"),
    ('linear', dict(protocol='knn'), ValueError, r"='knn' is none of \['hico', 'skeletonclr', 'isc', "),
    ('linear', {'tasks.linear.train_cfg': 1}, ValueError, r"train_cfg: .*Leave out 'tasks\.'"),
    ('linear', {'train_cgf.max_epochs': 1}, ValueError, "has no 'train_cgf'. Did you mean")])
def test_refuses_unknown_tasks_and_options(task, options, error, message):
    with pytest.raises(error, match=message):
        load_task_config('hico_demo', task, options)


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """The working directory, with the config that a pre-training left in the demo's work dir."""
    monkeypatch.chdir(tmp_path)
    cfg = load_config('hico_demo', {
        'model.backbone.hidden_channels': 16, 'model.data_preprocessor.stream': 'motion',
        'train_cfg.max_epochs': 3})
    cfg.work_dir = 'elsewhere'
    path = tmp_path / 'work_dirs/hico_demo/hico_demo.py'
    path.parent.mkdir(parents=True)
    cfg.dump(path)
    (path.parent / 'last_checkpoint').touch()
    return tmp_path


def test_task_takes_the_config_that_was_trained(folder):
    cfg = load_task_config('hico_demo', 'linear', {'train_cfg.max_epochs': 7})
    assert cfg.model.data_preprocessor.stream == 'motion'
    assert cfg.model.backbone.hidden_channels == cfg.model.cls_head.encoder.hidden_channels == 16
    assert cfg.train_cfg.max_epochs == 7
    # Where the config is now, not where it was when it was written.
    assert cfg.load_from == 'work_dirs/hico_demo/epoch_3.pth'
    assert cfg.work_dir == 'work_dirs/hico_demo_linear'


def test_work_dir_of_the_checkpoint_decides(folder):
    (folder / 'other').mkdir()
    (folder / 'work_dirs/hico_demo/hico_demo.py').rename(folder / 'other/hico_demo.py')
    (folder / 'other/last_checkpoint').touch()
    cfg = load_task_config('hico_demo', 'linear', {'load_from': 'other/epoch_1.pth'})
    assert (cfg.model.data_preprocessor.stream, cfg.load_from) == ('motion', 'other/epoch_1.pth')
    assert load_task_config('hico_demo', 'linear').model.data_preprocessor.stream == 'joint'


def test_options_of_the_encoder_reach_all_that_follows_from_it(folder):
    cfg = load_task_config('hico_demo', 'linear', {
        'model.backbone.hidden_channels': 32, 'train_dataloader.batch_size': 8, 'load_from': None})
    assert cfg.model.backbone.hidden_channels == cfg.model.cls_head.encoder.hidden_channels == 32
    assert (cfg.train_dataloader.batch_size, cfg.load_from) == (8, None)


def test_refuses_another_stream_than_was_trained(folder, demo):
    cfg = make_task_config(demo, 'finetune')
    with pytest.raises(ValueError, match=r"epoch_24.pth was trained with model.data_preprocessor.stream="
                       r"'motion' \(.*hico_demo.py\), but the config has 'joint'"):
        check_encoder(cfg)
    cfg.model.data_preprocessor.stream = 'motion'
    with pytest.raises(ValueError, match='model.backbone.hidden_channels=16 .* the config has 64'):
        check_encoder(cfg)
    cfg.model.backbone.update(hidden_channels=16, s2s=dict(type='S2STransformer', num_heads=2))
    with pytest.raises(ValueError, match='model.backbone.s2s.num_heads=4 .* the config has 2'):
        check_encoder(cfg)
    cfg.model.backbone.s2s = dict(type='S2STransformer', dropout=0.0)
    check_encoder(cfg)
    cfg.model.update(backbone=dict(type='STGCN'), data_preprocessor=None)
    check_encoder(cfg)


def test_refuses_to_measure_another_stream_than_was_trained(folder, demo):
    checkpoint = str(folder / 'work_dirs/hico_demo/epoch_3.pth')
    check_encoder(demo)  # a pre-training may start from another
    with pytest.raises(ValueError, match="stream='motion'"):
        check_encoder(demo, checkpoint)
    check_encoder(load_config(str(folder / 'work_dirs/hico_demo/hico_demo.py')), checkpoint)


@pytest.mark.parametrize('name', ['hico_demo', 'configs/hico_demo.py', '../hico_demo.py'])
def test_pretrain_names_a_config_as_the_command_line_does(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('PRETRAIN', name)
    assert load_config('linear').load_from == 'work_dirs/hico_demo/epoch_24.pth'
    assert load_config('hico_ntu60_semi').work_dir == 'work_dirs/hico_demo_semi'


def test_pretrain_names_a_config_in_its_work_dir(folder, monkeypatch):
    run = folder / 'work_dirs/hico_demo'
    monkeypatch.setenv('PRETRAIN', 'work_dirs/hico_demo/hico_demo.py')
    cfg = load_config('linear')
    assert (cfg.load_from, cfg.model.data_preprocessor.stream) == (f'{run}/epoch_3.pth', 'motion')
    same = load_task_config('work_dirs/hico_demo/hico_demo.py', 'linear')
    assert (same.load_from, same.model) == ('work_dirs/hico_demo/epoch_3.pth', cfg.model)
    (run / 'last_checkpoint').unlink()
    assert load_config('linear').load_from == 'elsewhere/epoch_3.pth'


def test_only_the_config_in_a_work_dir_is_run(folder, demo):
    """No other Python file that happens to lie beside a checkpoint."""
    (folder / 'setup.py').write_text("raise SystemExit('this was run')")
    cfg = make_task_config(demo, 'linear')
    cfg.load_from = str(folder / 'downloaded.pth')
    check_encoder(cfg)
    assert load_task_config('hico_demo', 'linear', {'load_from': 'downloaded.pth'}).work_dir


@pytest.mark.parametrize('pretrain, error, message', [
    ('nowhere.py', FileNotFoundError, 'PRETRAIN=nowhere.py names no config: .*nowhere.py'),
    ('linear', ValueError, 'is based on itself, perhaps by PRETRAIN=.*linear'),
])
def test_refuses_a_pretrain_that_is_none(monkeypatch, pretrain, error, message):
    monkeypatch.setenv('PRETRAIN', pretrain)
    with pytest.raises(error, match=message):
        load_config('hico_ntu60_linear')


def test_a_pretrain_of_another_kind_is_told_the_way_out(tmp_path, monkeypatch):
    pure = 'from mmengine.config import read_base\nwith read_base():\n    pass'
    (tmp_path / 'pure.py').write_text(pure)
    monkeypatch.setenv('PRETRAIN', str(tmp_path / 'pure.py'))
    with pytest.raises(ValueError, match='For a task of a pure-Python config: train.py CONFIG --task'):
        load_config('linear')


def test_variable_is_left_as_it_was(demo, monkeypatch):
    monkeypatch.setenv('PRETRAIN', 'mine.py')
    make_task_config(demo, 'linear')
    assert os.environ['PRETRAIN'] == 'mine.py'
    monkeypatch.delenv('PRETRAIN')
    make_task_config(demo, 'linear')
    assert 'PRETRAIN' not in os.environ
