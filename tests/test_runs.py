"""Whole runs by the scripts, as a user starts them, on small data of the true format."""
import json
import pickle
import re
import shutil
from functools import partial
from pathlib import Path
from subprocess import CompletedProcess

import mmaction
import numpy as np
import pytest
import torch

from hico_mm.datasets import write_annotation_file
from hico_mm.datasets.synthetic import make_sequences
from hico_mm.utils import load_checkpoint_file

ROOT = Path(__file__).parents[1]
MMACTION = Path(mmaction.__file__).parent / '.mim'
SMALL = ('model.backbone.hidden_channels=16', )
PRETRAIN = (*SMALL, 'model.queue.length=24', 'train_dataloader.batch_size=8',
            'train_dataloader.num_workers=1', 'param_scheduler.milestones=[2]',
            'train_cfg.val_interval=1', 'default_hooks.checkpoint.interval=1',
            'default_hooks.logger.interval=1')
PROBE = ('train_dataloader.batch_size=8', 'train_cfg.max_epochs=2',
         'load_from=work_dirs/whole/epoch_3.pth')


@pytest.fixture(scope='module')
def run(run_script):
    """Runs a script in a folder."""
    return lambda cwd, script, *args, **environment: run_script(script, *args, cwd=cwd, **environment)


assert_same = partial(torch.testing.assert_close, rtol=0, atol=0)


def log_of(result: CompletedProcess) -> str:
    assert result.returncode == 0, result.stderr[-3000:]
    return result.stdout + result.stderr


@pytest.fixture(scope='module')
def ntu60(tmp_path_factory) -> Path:
    """A folder with data/skeleton/ntu60_3d.pkl."""
    folder = tmp_path_factory.mktemp('ntu60')
    sequences = make_sequences(32, num_classes=4)
    first, second = sequences[:16], sequences[16:]
    write_annotation_file(str(folder / 'data/skeleton/ntu60_3d.pkl'), dict(
        xsub_train=first, xsub_val=second, xview_train=second, xview_val=first))
    return folder


@pytest.fixture(scope='module')
def pretrained(ntu60, run) -> Path:
    """The folder after three epochs of pre-training, in work_dirs/whole."""
    log = log_of(run(ntu60, 'tools/train.py', ROOT / 'configs/hico_ntu60.py', '--work-dir',
                     'work_dirs/whole', '--cfg-options', *PRETRAIN, 'train_cfg.max_epochs=3'))
    (ntu60 / 'pretrain.log').write_text(log)
    return ntu60


def test_pretraining_logs_and_leaves_what_is_promised(pretrained):
    log = (pretrained / 'pretrain.log').read_text()
    step = next(line for line in log.splitlines() if 'Epoch(train)' in line)
    for item in ('lr: 1.0000e-02', 'eta:', 'loss:', 'loss_instance:', 'loss_domain:',
                 'loss_clip:', 'loss_part:', 'acc_instance:'):
        assert item in step
    values = dict(zip(step.split()[::1], step.split()[1::1], strict=False))
    levels = sum(float(values[f'loss_{level}:']) for level in ('instance', 'domain', 'clip', 'part'))
    assert float(values['loss:']) == pytest.approx(levels, abs=1e-3)
    assert 'Epoch(val) [0][' in log, 'the untrained encoder is evaluated first'
    assert log.count('knn/top1') >= 4
    assert 'lr: 1.0000e-03' in log, 'the learning rate falls after the milestone'
    *_, result, checkpoint = (line for line in log.splitlines() if 'Next: ' not in line)
    assert 'untrained ->' in result and 'trained (' in result
    assert checkpoint.endswith('epoch_3.pth')
    command, = re.findall('Next: python (.*)', log)
    assert command == (f"{ROOT / 'tools/train.py'} {ROOT / 'configs/hico_ntu60.py'} --task linear "
                       f"--cfg-options load_from={pretrained / 'work_dirs/whole/epoch_3.pth'}")
    left, = (pretrained / 'work_dirs/whole').glob('best_knn_top1_epoch_*.pth')
    assert left.with_name('epoch_3.pth').exists()


def test_run_resumed_with_other_workers_is_the_uninterrupted_one(pretrained, run):
    parts = pretrained / 'work_dirs/parts'
    parts.mkdir()
    shutil.copy(pretrained / 'work_dirs/whole/epoch_2.pth', parts)
    log = log_of(run(pretrained, 'tools/train.py', ROOT / 'configs/hico_ntu60.py', '--resume',
                     '--work-dir', parts, '--cfg-options', *PRETRAIN, 'train_cfg.max_epochs=3',
                     'train_dataloader.num_workers=2'))
    assert 'resumed epoch: 2' in log
    whole, parts = (load_checkpoint_file(pretrained / f'work_dirs/{name}/epoch_3.pth')
                    for name in ('whole', 'parts'))
    assert any('queues.clip.pointer' in name for name in whole['state_dict'])
    assert_same(parts['state_dict'], whole['state_dict'])
    assert_same(parts['optimizer']['state'], whole['optimizer']['state'])
    assert whole['param_schedulers'] == parts['param_schedulers']


@pytest.fixture(scope='module')
def probed(pretrained, run) -> Path:
    """The same folder after --task linear, in work_dirs/linear."""
    log = log_of(run(pretrained, 'tools/train.py', ROOT / 'configs/hico_ntu60.py', '--task', 'linear',
                     '--work-dir', 'work_dirs/linear', '--cfg-options', *PROBE))
    assert 'The task takes the config that was trained: work_dirs/whole/hico_ntu60.py' in log
    assert 'acc/top1' in log
    return pretrained


def test_probe_trains_a_head_and_leaves_the_encoder_alone(probed, run):
    before = load_checkpoint_file(probed / 'work_dirs/whole/epoch_3.pth')['state_dict']
    after = load_checkpoint_file(probed / 'work_dirs/linear/epoch_2.pth')['state_dict']
    encoder = [name for name in after if name.startswith('backbone.')]
    assert len(encoder) > 20
    for name in encoder:
        assert torch.equal(before[name], after[name]), name
    assert after['cls_head.fc.weight'].std() != pytest.approx(0.01, rel=1e-2), 'the head has learnt'

    # The work dir holds the config of the task, for any script that takes a config.
    tested = log_of(run(probed, 'tools/test.py', 'work_dirs/linear/hico_ntu60_linear.py',
                        'work_dirs/linear/epoch_2.pth', '--dump', 'scores.pkl'))
    assert 'acc/top1' in tested
    with open(probed / 'scores.pkl', 'rb') as file:
        scores = pickle.load(file)
    assert len(scores) == 16 and scores[0]['pred_score'].shape == (60, )


def test_script_of_mmaction2_trains_the_same_task(probed, run):
    """By the file in configs/tasks, with the config that the pre-training left."""
    log_of(run(probed, MMACTION / 'tools/train.py', ROOT / 'configs/tasks/linear.py', '--work-dir',
               'work_dirs/stock_linear', '--cfg-options', *PROBE,
               PRETRAIN=str(probed / 'work_dirs/whole/hico_ntu60.py')))
    assert_same(*(load_checkpoint_file(probed / f'work_dirs/{name}/epoch_2.pth')['state_dict']
                  for name in ('linear', 'stock_linear')))


def test_retrieval_by_the_test_script_dumps_features(pretrained, run):
    log = log_of(run(pretrained, 'tools/test.py', ROOT / 'configs/hico_ntu60.py',
                     'work_dirs/whole/epoch_3.pth', '--work-dir', 'work_dirs/knn', '--dump',
                     'features.pkl', '--cfg-options', *SMALL))
    accuracy = float(log.rsplit('knn/top1: ', 1)[1].split()[0])
    assert f'knn/top1: {accuracy:.4f}  ' in (pretrained / 'pretrain.log').read_text(), (
        'the same as after the last epoch of pre-training')
    with open(pretrained / 'features.pkl', 'rb') as file:
        dumped = pickle.load(file)
    assert len(dumped) == 16 and dumped[0]['feature'].shape == (128, )
    right = [int(sample['pred_label']) == int(sample['gt_label']) for sample in dumped]
    assert np.mean(right) == pytest.approx(accuracy, abs=1e-4)
    for sample in dumped:
        assert sample['pred_score'].argmax() == sample['pred_label'] and sample['pred_score'].sum() == 1
    report = MMACTION / 'tools/analysis_tools/report_accuracy.py'
    result = run(pretrained, report, '--preds', 'features.pkl', '--coefficients', 1)
    assert f'Top 1 Accuracy: {accuracy:.4f}' in result.stdout

    log_of(run(pretrained, 'tools/analysis/extract_features.py', ROOT / 'configs/hico_ntu60.py',
               'work_dirs/whole/epoch_3.pth', '--split', 'xsub_val', '--out', 'features.npz',
               '--cfg-options', *SMALL))
    extracted = np.load(pretrained / 'features.npz')
    assert sorted(extracted) == [
        'class_name', 'content', 'encoder', 'feature', 'frame_dir', 'granularity', 'label']
    np.testing.assert_allclose(
        extracted['feature'], np.stack([sample['feature'] for sample in dumped]), rtol=1e-5)
    assert extracted['label'].tolist() == [int(sample['gt_label']) for sample in dumped]
    assert extracted['frame_dir'][0] == 'train_000016'


def test_scripts_of_mmaction2_run_our_configs(ntu60, run):
    log = log_of(run(ntu60, MMACTION / 'tools/train.py', ROOT / 'configs/hico_ntu60.py',
                     '--work-dir', 'work_dirs/stock_script', '--cfg-options', *PRETRAIN,
                     'train_cfg.max_epochs=1'))
    assert 'untrained ->' in log
    log = log_of(run(ntu60, MMACTION / 'tools/test.py', ROOT / 'configs/hico_ntu60.py',
                     'work_dirs/stock_script/epoch_1.pth', '--cfg-options', *SMALL))
    assert 'knn/top1' in log


def test_finetuning_on_few_labels_saves_which_and_trains_the_encoder(pretrained, run):
    source = 'work_dirs/whole/epoch_3.pth'
    log_of(run(pretrained, 'tools/train.py', ROOT / 'configs/hico_ntu60.py', '--task', 'semi',
               '--work-dir', 'work_dirs/semi', '--cfg-options', *SMALL, f'load_from={source}',
               'train_dataloader.dataset.dataset.fraction=0.5', 'train_dataloader.batch_size=4',
               'train_cfg.max_epochs=1', 'train_cfg.val_interval=1'))
    drawn = json.loads((pretrained / 'work_dirs/semi/labelled_sequences.json').read_text())
    assert len(drawn['frame_dirs']) == 8
    before = load_checkpoint_file(pretrained / source)['state_dict']
    after = load_checkpoint_file(pretrained / 'work_dirs/semi/epoch_1.pth')['state_dict']
    name = 'backbone.temporal.embedding.0.weight'
    assert not torch.equal(before[name], after[name])


@pytest.mark.parametrize('arguments, message', [
    (['--task', 'linear', '--cfg-options', 'model.backbone.hidden_channels=32', PROBE[-1]],
     r'was trained with model.backbone.hidden_channels=16 \(work_dirs/whole'),
    (['--task', 'finetune', '--cfg-options', *SMALL],
     'work_dirs/hico_ntu60/epoch_451.pth, from which the training is to .* load_from=None starts from'),
    (['--cfg-options', 'ann_file=gone/ntu60_3d.pkl'], '/gone/ntu60_3d.pkl.*download.openmmlab.com'),
    (['--work-dir', 'pretrain.log/work_dir'], 'log/work_dir cannot be made or written'),
])
def test_what_cannot_train_stops_before_in_one_message(pretrained, run, arguments, message):
    result = run(pretrained, 'tools/train.py', ROOT / 'configs/hico_ntu60.py', *arguments)
    assert result.returncode == 1 and 'Epoch(' not in result.stdout
    assert re.search(f'error: .*{message}', result.stderr) and 'Traceback' not in result.stderr
