"""--cfg-options: what is merged into a config, and what is refused since nothing would read it."""
import argparse
import re

import pytest

from hico_mm.utils import OptionsAction, iter_dicts, load_config
from hico_mm.utils.tasks import load_task_config, make_task_config

PIPELINE = 'train_dataloader.dataset.dataset.pipeline'
LOADED = 'test_cfg.gallery_dataloader.dataset.{0}, test_dataloader.dataset.{0}, train_dataloader.'


@pytest.mark.parametrize('text, value', [
    ('/my runs/a.pth', '/my runs/a.pth'), ('"/my runs/a (2).pth"', '/my runs/a (2).pth'), ('7', 7),
    ('[/my data/a.pkl, b.pkl]', ['/my data/a.pkl', 'b.pkl']), ('1, 2', [1, 2]), ('None', None),
    ('( [1, 2] , [x y] )', ([1, 2], ['x y'])), (' 0.5 ', 0.5), ('a=b', 'a=b'), ("['a b']", ['a b']),
])
def test_values_keep_the_blanks_of_paths(text, value):
    assert parse(f'k={text}') == dict(k=value)


def test_a_path_that_is_there_may_have_commas(tmp_path):
    (tmp_path / 'a, b').mkdir()
    assert parse(f'k={tmp_path}/a, b') == dict(k=f'{tmp_path}/a, b')


def test_a_word_without_a_value_is_refused(capsys):
    with pytest.raises(SystemExit):
        parse('load_from=my', 'runs/a.pth')
    assert '--cfg-options runs/a.pth: expected KEY=VALUE, a value with blanks in quotes' in (
        capsys.readouterr().err)


def parse(*options):
    parser = argparse.ArgumentParser()
    parser.add_argument('--cfg-options', nargs='+', action=OptionsAction)
    return parser.parse_args(['--cfg-options', *options]).cfg_options


@pytest.mark.parametrize('options', [
    {'find_unused_parameters': True}, {'load_from': 'w', 'randomness.seed': 3}, {'compile.mode': 'x'},
    # Arguments that the config leaves out, of classes and of the classes that they pass them on to.
    {'model.backbone.frozen': True}, {'param_scheduler.begin': 1},
    {'optim_wrapper.clip_grad.max_norm': 1}, {'optim_wrapper.clip_grad.error_if_nonfinite': True},
    {'optim_wrapper.clip_grad.type': 'value', 'optim_wrapper.clip_grad.clip_value': 1},
    {'custom_hooks.0.priority': 1},
    {'train_dataloader.dataset.dataset.test_mode': True}, {'train_dataloader.pin_memory': True},
    {'optim_wrapper.type': 'AmpOptimWrapper', 'optim_wrapper.loss_scale': 'dynamic'},
    {'optim_wrapper.paramwise_cfg.custom_keys.head.lr_mult': 2}, {'default_hooks.ema.type': 'EMAHook'},
    {'model.backbone.s2s.type': 'S2SGRU', 'model.backbone.s2s.num_layers': 2},
    {'default_hooks.checkpoint.anything': 1}, {f'{PIPELINE}.2.transforms.0.0.clip_len': 32},
    {'val_evaluator': dict(type='AccMetric', _delete_=True)}, {'model.contrast.weights.part': 0},
])
def test_options_are_merged(options):
    cfg = load_config('hico_ntu60', options)
    for option, value in options.items():
        node = cfg
        for key in option.split('.'):
            node = node[int(key) if key.isdigit() else key]
        assert node == value or isinstance(value, dict) and node.type == value['type']


@pytest.mark.parametrize('option, message', [
    ('trian_cfg.max_epochs', r"hico_ntu60.py has no 'trian_cfg'. Did you mean \['train_cfg"),
    ('zzz', "hico_ntu60.py has no 'zzz'. See its entries"),
    ('train_cfg.max_epoch', r"train_cfg has no 'max_epoch'. Did you mean \['max_epochs'\]"),
    ('optim_wrapper.optimizer.lrr', r"optimizer has no 'lrr'. Did you mean \['lr'\]"),
    ('model.backbone.hiden_channels', "no 'hiden_channels'. Did you mean .'hidden_channels'"),
    ('model.backbone.zzz', r"no 'zzz'. It has \['branches', "),
    ('param_scheduler.zzz', "no 'zzz'. It has .'begin'"),  # a mixin takes any argument and passes it on
    ('param_scheduler.milestons', r"Did you mean \['milestones'\]"),
    ('train_dataloader.batchsize', "Did you mean .'batch_size'"),
    ('val_cfg.gallery_dataloader.batch_siz', "Did you mean .'batch_size'"),
    ('train_dataloader.dataset.dataset.num_joint', "Did you mean .'num_joints'"),
    (f'{PIPELINE}.2.transforms.0.0.clip_le', "Did you mean .'clip_len'"),
    (f'{PIPELINE}.9.clip_len', 'pipeline is a list of 5. Name an entry by its number, from 0 to 4'),
    ('optim_wrapper.clip_grad.max_nrm', r"clip_grad has no 'max_nrm'. Did you mean \['max_norm'\]"),
    ('optim_wrapper.loss_scale', "optim_wrapper has no 'loss_scale'"),
    ('custom_hooks.1.x', "no 'x'. It takes no arguments"), ('cfg', "has no 'cfg'"),
    ('model.momentum.x', 'model.momentum is 0.999, which has no entries'),
    ('default_hooks.chekpoint.interval', "Did you mean .'checkpoint'"),
    ('default_hooks.checkpoint.intervall', "Did you mean .'interval'"),  # it takes any argument
    ('randomness.sed', "Did you mean .'seed'"), ('val_evaluator.kk', "Did you mean .'k'"),
    ('env_cfg.mp_cfg.mp_start', "Did you mean .'mp_start_method'"),
    # Variables that the config has passed on.
    ('clip_len', r'clip_len is a variable .* already used .* Set '
     + re.escape(LOADED.format('pipeline.2.clip_len'))),
    ('ntu60.num_classes', 'ntu60 is a variable .* Set ' + re.escape(LOADED.format('num_classes'))),
    ('vis_backends.0.type', 'Set visualizer.vis_backends.0.type, or change it in a config of your own'),
    ('view.9.x', 'Set what was made of it'), ('ntu60.zzz', 'Set what was made of it'),
    ('evaluate_pipeline.2.clip_len', 'Tasks read evaluate_pipeline: give it together with --task'),
])
def test_what_nothing_reads_is_refused_in_one_line(option, message):
    with pytest.raises(ValueError, match=f'^--cfg-options {re.escape(option)}: .*{message}') as refused:
        load_config('hico_ntu60', {option: 1})
    assert len(str(refused.value)) < 700


def test_clipping_by_value_is_checked_too():
    clip = 'optim_wrapper.clip_grad'
    with pytest.raises(ValueError, match=r"has no 'clip_valu'. Did you mean \['clip_value'\]"):
        load_config('hico_ntu60', {f'{clip}.type': 'value', f'{clip}.clip_valu': 1})


@pytest.mark.parametrize('name', [
    'hico_ntu60', 'hico_ntu120_xset', 'hico_ntu60_released', 'hico_ntu60_stock_pipeline',
    'hico_utd_mhad', 'hico_pku1_to_pku2', 'supervised_stgcn_ntu60'])
def test_ann_file_is_that_of_all_loaders(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cfg = load_config(name, dict(ann_file='x y.pkl'))
    assert files(cfg) == {'x y.pkl'}
    if 'cls_head' not in cfg.model:
        assert files(make_task_config(cfg, 'semi')) == {'x y.pkl'}
        assert files(load_task_config(name, 'semi', dict(ann_file='x y.pkl'))) == {'x y.pkl'}


def files(cfg):
    return {node['ann_file'] for node in iter_dicts(cfg.to_dict()) if 'ann_file' in node}


def test_ann_file_may_be_a_variable_too(tmp_path):
    text = "ann_file = 'a'\nval_dataloader = dict(dataset=dict(ann_file=ann_file))"
    (tmp_path / 'c.py').write_text(text)
    assert files(load_config(str(tmp_path / 'c.py'), dict(ann_file='b'))) == {'b'}


@pytest.mark.parametrize('name, message', [
    ('hico_demo', 'no data set of .*hico_demo.py reads an annotation file'),
    ('hico_four_sets_lstm@utkinect', 'trains on several files together, .*datasets.0.ann_file'),
])
def test_ann_file_is_refused_where_it_means_nothing(name, message):
    with pytest.raises(ValueError, match=f'--cfg-options ann_file=x: .*{message}'):
        load_config(name, dict(ann_file='x'))


def test_options_of_a_task_reach_the_pretraining_that_it_is_made_of(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = {'protocol': 'hico', 'evaluate_pipeline.2.clip_len': 48}
    cfg = load_task_config('hico_demo', 'linear', options)
    assert cfg.optim_wrapper.optimizer.lr == 2.0
    assert cfg.train_dataloader.dataset.pipeline[2].clip_len == 48


def test_transforms_of_a_type_are_all_set():
    cfg = load_config('hico_four_sets@kard', {'transforms.RandomCropResize.min_ratio': 0.5})
    ratios = [[node['min_ratio'] for node in iter_dicts(part) if 'min_ratio' in node]
              for part in (cfg.train_dataloader, cfg.finetune_pipeline)]
    assert ratios == [[0.5] * 8, [0.5]], 'two views of four data sets'
    cfg = load_config('hico_four_sets', {'transforms.PoseShear.amplitude': 0.3})
    assert {node['amplitude'] for node in iter_dicts(cfg.to_dict()) if node.get('type') == 'PoseShear'
            } == {0.3, 1.0}, 'the variable of the pipeline stays'


@pytest.mark.parametrize('option, message', [
    ('transforms.PoseShear.ratio', r"argument of it, one of \['amplitude'\]"),
    ('transforms.PoseSheer.amplitude', "a transform of the training data, one of .*'PoseShear'"),
    ('transforms.PoseShear', 'expected transforms.TYPE.ARGUMENT'), ('transforms.', 'expected transf')])
def test_transforms_that_are_not_there_are_refused(option, message):
    with pytest.raises(ValueError, match=f'--cfg-options {option}: .*{message}'):
        load_config('hico_four_sets', {option: 0.5})
