"""tools/train.py and tools/test.py: their options, and a stock config of MMAction2."""
import pickle
from functools import reduce
from operator import getitem
from pathlib import Path

import mmaction
import pytest
import torch
from mmengine.config import Config

from hico_mm.datasets import write_annotation_file
from hico_mm.datasets.synthetic import make_sequences
from hico_mm.utils import load_checkpoint_file

STGCN = (Path(mmaction.__file__).parent /
         '.mim/configs/skeleton/stgcn/stgcn_8xb16-joint-u100-80e_ntu60-xsub-keypoint-3d.py')


@pytest.fixture(scope='module')
def train(load_script):
    return load_script('train')


@pytest.fixture(scope='module')
def test(load_script):
    return load_script('test')


def merged(script, argv, **cfg):
    cfg = Config(cfg)
    script.merge_args(cfg, script.parse_args(argv))
    return cfg


@pytest.mark.parametrize('randomness, argv, expected', [
    (None, [], dict(seed=None)),
    (dict(seed=1, deterministic=True), [], dict(seed=1, deterministic=True)),
    (dict(seed=1), ['--seed', '0'], dict(seed=0)),
    (dict(seed=1), ['--diff-rank-seed', '--deterministic'],
     dict(seed=1, diff_rank_seed=True, deterministic=True)),
])
def test_randomness(train, randomness, argv, expected):
    assert merged(train, ['c.py', *argv], randomness=randomness).randomness == expected


def test_no_validate_removes_all_that_needs_it(train):
    cfg = merged(
        train, ['c.py', '--no-validate'], val_cfg=dict(), val_dataloader=dict(),
        val_evaluator=dict(), default_hooks=dict(checkpoint=dict(interval=2, save_best='auto')),
        custom_hooks=[dict(type='UntrainedBaselineHook'), dict(type='EpochSeedHook'),
                      dict(type='EarlyStoppingHook', monitor='acc')])
    assert cfg.val_cfg is cfg.val_dataloader is cfg.val_evaluator is None
    assert cfg.default_hooks.checkpoint == dict(interval=2)
    assert cfg.custom_hooks == [dict(type='EpochSeedHook')]


@pytest.mark.parametrize('device, wrapper, expected', [
    ('cuda', dict(), dict(type='AmpOptimWrapper', loss_scale='dynamic')),
    ('cuda', dict(type='AmpOptimWrapper', loss_scale=512., dtype='bfloat16'),
     dict(type='AmpOptimWrapper', loss_scale=512., dtype='bfloat16')),
    ('cuda', dict(type='BFloat16OptimWrapper'), dict(type='BFloat16OptimWrapper')),
    ('cpu', dict(type='OptimWrapper', clip_grad=dict(max_norm=1)),
     dict(type='BFloat16OptimWrapper', clip_grad=dict(max_norm=1))),
    ('cpu', dict(type='AmpOptimWrapper', loss_scale=512., dtype='float16', use_fsdp=False),
     dict(type='BFloat16OptimWrapper')),
])
def test_amp(train, monkeypatch, device, wrapper, expected):
    monkeypatch.setattr(train, 'get_device', lambda: device)
    assert merged(train, ['c.py', '--amp'], optim_wrapper=wrapper).optim_wrapper == expected
    with pytest.raises(ValueError, match="the config has 'ApexOptimWrapper'. Leave out --amp"):
        merged(train, ['c.py', '--amp'], optim_wrapper=dict(type='ApexOptimWrapper'))


@pytest.mark.parametrize('task', [[], ['--task', 'linear']])
@pytest.mark.parametrize('option, value', [
    ('loss_scale', 512.), ('loss_scale.init_scale', 512.), ('dtype', 'bfloat16'), ('use_fsdp', True)])
def test_amp_takes_options_of_its_wrapper(train, task, option, value):
    argv = ['hico_demo', *task, '--cfg-options', 'load_from=None', f'optim_wrapper.{option}={value}']
    cfg = train.read_config(train.parse_args([*argv, '--amp']))
    assert reduce(getitem, option.split('.'), cfg.optim_wrapper) == value
    with pytest.raises(ValueError, match='optim_wrapper has no'):
        train.read_config(train.parse_args(argv))


def test_auto_scale_lr(train):
    cfg = merged(train, ['c.py', '--auto-scale-lr'], auto_scale_lr=dict(base_batch_size=64))
    assert cfg.auto_scale_lr == dict(base_batch_size=64, enable=True)
    with pytest.raises(ValueError, match='--auto-scale-lr needs auto_scale_lr'):
        merged(train, ['c.py', '--auto-scale-lr'])


def test_checkpoint_to_resume_or_to_start_from(train, tmp_path):

    def chosen(resume, **cfg):
        cfg = Config(dict(work_dir=str(tmp_path), **cfg))
        train.choose_checkpoint(cfg, resume)
        return cfg.get('resume'), cfg.get('load_from')

    encoder, newest = str(tmp_path / 'encoder.pth'), str(tmp_path / 'epoch_3.pth')
    torch.save({}, encoder)
    assert chosen(None, load_from=encoder) == (None, encoder)
    # Nothing to resume: the run starts anew, from the encoder it was to start from.
    assert chosen('auto', load_from=encoder) == (False, encoder)
    torch.save({}, newest)
    assert chosen('auto', load_from=encoder) == (True, newest)
    assert chosen(encoder) == (True, encoder)
    for resume, load_from in ('nowhere.pth', None), (None, 'nowhere.pth'):
        with pytest.raises(FileNotFoundError, match='Checkpoint nowhere.pth does not exist'):
            chosen(resume, load_from=load_from)


@pytest.mark.parametrize('evaluator', [dict(type='A'), [dict(type='A')]])
def test_dump(test, evaluator):
    cfg = merged(test, ['c.py', 'x.pth', '--dump', 'o.pkl'], test_evaluator=evaluator, resume=True)
    assert cfg.test_evaluator == [
        dict(type='A'), dict(type='DumpResults', out_file_path='o.pkl.unfinished.pkl')]
    assert cfg.load_from == 'x.pth' and cfg.resume is False


@pytest.mark.parametrize('argv, message', [
    (['--show-dir', 'x'], '--show and --show-dir draw on video frames'),
    (['--show'], '--show and --show-dir draw on video frames'),
    (['--dump', 'x.txt'], '--dump x.txt: the file has to end in .pkl or .pickle'),
])
def test_refuses_options(test, capsys, argv, message):
    with pytest.raises(SystemExit, match='2'):
        test.parse_args(['c.py', 'x.pth', *argv])
    assert message in capsys.readouterr().err


@pytest.mark.skipif(not STGCN.exists(), reason='MMAction2 is installed without its configs')
def test_stock_stgcn_trains_resumes_and_is_tested(call, tmp_path):
    sequences = make_sequences(5, num_classes=5)
    write_annotation_file('ntu60_3d.pkl', dict(xsub_train=sequences[:4], xsub_val=sequences[2:]))
    options = ['train_dataloader.dataset.times=1', 'train_cfg.max_epochs=1',
               'model.backbone.num_stages=2', 'model.backbone.base_channels=4',
               'model.backbone.inflate_stages=[]', 'model.backbone.down_stages=[]',
               'model.cls_head.in_channels=4', 'randomness.seed=3']
    for loader in ('train', 'val', 'test'):
        dataset = f'{loader}_dataloader.dataset' + ('.dataset' if loader == 'train' else '')
        options += [f'{dataset}.ann_file=ntu60_3d.pkl', f'{dataset}.pipeline.2.clip_len=8',
                    f'{loader}_dataloader.num_workers=0',
                    f'{loader}_dataloader.persistent_workers=False']
    work_dir = ['--work-dir', tmp_path / 'run', '--cfg-options', *options]
    screen = call('train', STGCN, '--auto-scale-lr', *work_dir)
    # Config, environment and hooks are for the log file.
    log = next((tmp_path / 'run').glob('*/*.log')).read_text()
    for text in 'Config:', 'System environment:', 'Hooks will be executed':
        assert text in log and text not in screen
    assert 'Epoch(train) [1]' in screen and len(screen.splitlines()) < 30
    call('train', STGCN, '--resume', *work_dir, 'train_cfg.max_epochs=2')
    last = load_checkpoint_file(tmp_path / 'run/epoch_2.pth')
    assert last['meta']['epoch'] == 2 and last['meta']['seed'] == 3
    assert last['message_hub']['resumed_keys']

    dump, record = tmp_path / 'out.pkl', tmp_path / 'run' / STGCN.name
    trained = record.read_text()
    with pytest.raises(SystemExit, match=r'epoch_2.pth was trained with model.backbone.base_channels=4'):
        call('test', STGCN, tmp_path / 'run/epoch_2.pth', *work_dir, 'model.backbone.base_channels=8')
    call('test', STGCN, tmp_path / 'run/epoch_2.pth', '--dump', dump, *work_dir)
    assert record.read_text() == trained, 'which a test does not overwrite'
    assert len([*(tmp_path / 'run').glob(f'*/{STGCN.name}')]) == 1
    assert [x['gt_label'].item() for x in pickle.loads(dump.read_bytes())] == [2, 3, 4]
