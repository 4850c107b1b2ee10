"""MMEngine's CheckpointHook with the backend 'atomic'."""
from pathlib import Path

import pytest
import torch

from hico_mm.utils import load_checkpoint_file


@pytest.fixture
def run(toy_runner):
    def run(max_epochs=3, values=(0.1, 0.3, 0.2), resume=None, **options):
        checkpoint = dict(
            type='CheckpointHook', interval=1, backend_args=dict(backend='atomic'), **options)
        runner = toy_runner(
            list(values), default_hooks=dict(checkpoint=checkpoint), resume=resume is not None,
            load_from=resume, train_cfg=dict(by_epoch=True, max_epochs=max_epochs))
        runner.train()
        return runner

    return run


def test_last_and_best_are_kept_and_others_removed_also_when_resumed(run, checkpoints_in):
    options = dict(max_keep_ckpts=2, save_best='knn/top1')
    runner = run(**options)
    assert checkpoints_in(runner.work_dir) == [
        'best_knn_top1_epoch_2.pth', 'epoch_2.pth', 'epoch_3.pth']
    saved = load_checkpoint_file(f'{runner.work_dir}/epoch_3.pth')
    assert torch.equal(saved['state_dict']['head.weight'], runner.model.head.weight)
    assert saved['meta']['epoch'] == 3

    run(4, [0.4], f'{runner.work_dir}/epoch_3.pth', **options)
    assert checkpoints_in(runner.work_dir) == [
        'best_knn_top1_epoch_4.pth', 'epoch_3.pth', 'epoch_4.pth']


def test_out_dir_and_published_keys(run, tmp_path, checkpoints_in):
    runner = run(out_dir=str(tmp_path / 'out'), published_keys=['state_dict'])
    assert checkpoints_in(runner.work_dir) == []
    *_, published, last = checkpoints_in(tmp_path / 'out/work_dir')
    assert last == 'epoch_3.pth' and published.startswith('epoch_3-')
    assert list(torch.load(tmp_path / 'out/work_dir' / published)) == ['state_dict']


def test_a_failed_save_leaves_the_earlier_checkpoint(run, monkeypatch):
    runner = run(1)
    before = Path(runner.work_dir, 'epoch_1.pth').read_bytes()

    def fail(descriptor):
        raise OSError('No space left on device')

    monkeypatch.setattr('os.fsync', fail)
    with pytest.raises(OSError, match='No space left'):
        runner.save_checkpoint(runner.work_dir, 'epoch_1.pth', backend_args=dict(backend='atomic'))
    assert Path(runner.work_dir, 'epoch_1.pth').read_bytes() == before
