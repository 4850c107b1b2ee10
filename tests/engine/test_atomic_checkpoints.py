"""MMEngine's CheckpointHook with the backend 'atomic'."""
from pathlib import Path

import pytest
import torch

CHECKPOINT = dict(type='CheckpointHook', interval=1, backend_args=dict(backend='atomic'))


def evaluator(*values):
    return dict(type='ScriptedMetric', values=list(values))


def names(folder):
    return sorted(path.name for path in Path(folder).glob('*.pth'))


def run(toy_runner, max_epochs=3, values=(0.1, 0.3, 0.2), resume=None, **options):
    runner = toy_runner(
        default_hooks=dict(checkpoint={**CHECKPOINT, **options}), resume=resume is not None,
        load_from=resume, train_cfg=dict(by_epoch=True, max_epochs=max_epochs),
        val_evaluator=evaluator(*values))
    runner.train()
    return runner


def test_last_and_best_are_kept_and_others_removed(toy_runner):
    runner = run(toy_runner, max_keep_ckpts=2, save_best='knn/top1')
    assert names(runner.work_dir) == ['best_knn_top1_epoch_2.pth', 'epoch_2.pth', 'epoch_3.pth']
    saved = torch.load(f'{runner.work_dir}/epoch_3.pth', weights_only=True)
    assert torch.equal(saved['state_dict']['head.weight'], runner.model.head.weight)
    assert saved['meta']['epoch'] == 3


def test_out_dir_and_published_keys(toy_runner, tmp_path):
    runner = run(toy_runner, out_dir=str(tmp_path / 'out'), published_keys=['state_dict'])
    assert names(runner.work_dir) == []
    *_, published, last = names(tmp_path / 'out/work_dir')
    assert last == 'epoch_3.pth' and published.startswith('epoch_3-')
    assert list(torch.load(tmp_path / 'out/work_dir' / published)) == ['state_dict']


def test_resume(toy_runner):
    first = run(toy_runner, max_keep_ckpts=2, save_best='knn/top1')
    resumed = run(toy_runner, 4, (0.4, ), f'{first.work_dir}/epoch_3.pth', max_keep_ckpts=2,
                  save_best='knn/top1')
    assert names(resumed.work_dir) == ['best_knn_top1_epoch_4.pth', 'epoch_3.pth', 'epoch_4.pth']


def test_a_failed_save_leaves_the_earlier_checkpoint(toy_runner, monkeypatch):
    runner = run(toy_runner)
    before = Path(runner.work_dir, 'epoch_3.pth').read_bytes()

    def fail(descriptor):
        raise OSError('No space left on device')

    monkeypatch.setattr('os.fsync', fail)
    with pytest.raises(OSError, match='No space left'):
        runner.save_checkpoint(runner.work_dir, 'epoch_3.pth', backend_args=dict(backend='atomic'))
    assert Path(runner.work_dir, 'epoch_3.pth').read_bytes() == before
