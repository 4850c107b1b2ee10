"""tools/analysis/kill_and_resume.py, with one kill."""
import json
import sys
from pathlib import Path

import pytest

from hico_mm.utils.killed_run import Moment

ROOT = Path(__file__).parents[2]
CONFIG = str(ROOT / 'configs/hico_demo.py')
SMALL = ('model.backbone.hidden_channels=16', 'model.queue.length=32', 'train_cfg.max_epochs=2',
         'train_cfg.val_interval=2', 'default_hooks.checkpoint.interval=1',
         'train_dataloader.batch_size=16', 'train_dataloader.num_workers=1',
         'val_dataloader.num_workers=0', 'val_cfg.gallery_dataloader.num_workers=0',
         'train_dataloader.dataset.dataset.num_sequences=48', 'val_dataloader.dataset.num_sequences=24',
         'val_cfg.gallery_dataloader.dataset.num_sequences=24')
DIFFERENT = dict(seconds=1.234, doing='inside the writing of epoch_2.pth (3 bytes)', saved_epoch=1,
                 resumed_epoch=1, repeated=3)


@pytest.fixture
def script(load_script):
    return load_script('analysis/kill_and_resume')


@pytest.fixture
def main(script, monkeypatch, tmp_path):
    """Run the script in a new work dir; gives its exit status."""

    def main(*arguments):
        monkeypatch.setattr(sys, 'argv', ['kill_and_resume.py', CONFIG, '--work-dir',
                                          str(tmp_path / 'work_dir'), *arguments])
        monkeypatch.setattr(script.signal, 'signal', lambda *_: None)  # pytest's own stay
        with pytest.raises(SystemExit) as status:
            script.main()
        return status.value.code

    return main


def test_run_killed_in_the_writing_of_a_checkpoint_ends_as_if_it_had_not_been_killed(
        script, main, monkeypatch, tmp_path, capsys):
    reference = tmp_path / 'work_dir/reference/output.txt'

    def before_the_second_checkpoint(times, rng):
        lines = reference.read_text().splitlines()
        assert len(times) == len(lines) + 1
        saving, = (number for number, line in enumerate(lines, 1) if 'checkpoint at 2' in line)
        return Moment(saving, 0.)

    monkeypatch.setattr(script, 'draw_moment', before_the_second_checkpoint)
    monkeypatch.setenv('OMP_NUM_THREADS', '1')
    status = main('--kills', '1', '--writing', '1', '--cfg-options', *SMALL)
    begin, head, trial, summary = capsys.readouterr().out.splitlines()
    assert begin == 'Training the reference ...'
    assert status == 0, trial
    assert head.startswith('Reference: 6 iterations in ') and 'a checkpoint every 3' in head
    assert head.endswith('best_knn_top1_epoch_2.pth, epoch_1.pth, epoch_2.pth, log')
    assert trial.endswith('resumed from epoch 1, 3 iterations repeated; identical')
    assert summary.endswith(': 1 identical, 0 different')
    result, = json.loads((tmp_path / 'work_dir/trials.json').read_text())
    assert result['difference'] is None and result['doing'] in trial
    assert sorted(path.name for path in (tmp_path / 'work_dir').iterdir()) == [
        'hico_demo.py', 'reference', 'trials.json']


@pytest.fixture
def no_trainings(script, monkeypatch):
    """Trials whose results are given."""
    results = iter([])

    def given(results_of_trials):
        nonlocal results
        results = iter(results_of_trials)

    def run_trial(command, work_dir, times, is_aimed, rng):
        result = next(results)
        if isinstance(result, BaseException):
            raise result
        work_dir.mkdir()
        return result

    monkeypatch.setattr(script, 'run_to_end', lambda command, output: [1., 2.])
    monkeypatch.setattr(script, 'run_trial', run_trial)
    monkeypatch.setattr(script, 'iterations_of', lambda work_dir: 24 * 2)
    monkeypatch.setattr(script, 'read_end_state', lambda work_dir: dict(log=work_dir.name == 'trial_01'))
    return given


def test_differences_and_lost_checkpoints_fail(main, no_trainings, tmp_path, capsys):
    no_trainings([DIFFERENT, dict(DIFFERENT, doing='starting'), dict(DIFFERENT, repeated=9),
                  dict(DIFFERENT, doing='starting', saved_epoch=2)])
    assert main('--kills', '4') == 1
    _, _, *trials, summary = capsys.readouterr().out.splitlines()
    assert trials == [
        '  1. killed after   1.23 s: inside the writing of epoch_2.pth (3 bytes); resumed from epoch 1, '
        '3 iterations repeated; log is True instead of False',
        '  2. killed after   1.23 s: starting; resumed from epoch 1, 3 iterations repeated; identical',
        '  3. killed after   1.23 s: inside the writing of epoch_2.pth (3 bytes); resumed from epoch 1, '
        '9 iterations repeated; a checkpoint was lost, as more than 8 iterations were repeated',
        '  4. killed after   1.23 s: starting; resumed from epoch 1, 3 iterations repeated; epoch_2.pth '
        'was lost']
    assert summary == ('4 kills, 2 of them inside the writing of a checkpoint: 1 identical, 3 different')
    kept = [path.name for path in (tmp_path / 'work_dir').glob('trial_*')]
    assert sorted(kept) == ['trial_01', 'trial_03', 'trial_04']


def test_newest_checkpoint_counts_also_if_it_is_broken(script, tmp_path):
    assert script.last_saved_epoch(tmp_path) == 0
    for name in ('epoch_2.pth', 'epoch_10.pth', '.epoch_12.pth.7.tmp', 'best_knn_top1_epoch_14.pth'):
        (tmp_path / name).touch()
    assert script.last_saved_epoch(tmp_path) == 10


def test_results_outlive_the_tool(main, no_trainings, tmp_path):
    no_trainings([DIFFERENT, KeyboardInterrupt()])
    assert main() == (f"Stopped. Finished trials are in {tmp_path / 'work_dir/trials.json'}. "
                      'Another start needs another --work-dir.')
    result, = json.loads((tmp_path / 'work_dir/trials.json').read_text())
    assert result == dict(DIFFERENT, difference='log is True instead of False')


def test_stopped_before_a_trial_was_finished(main, no_trainings):
    no_trainings([KeyboardInterrupt()])
    assert main() == 'Stopped. No trial was finished. Another start needs another --work-dir.'


@pytest.mark.parametrize('arguments, message', [
    (['--seed', '-1'], '--seed is -1, but a number from 0'),
    (['--kills', '0'], '--kills is 0, but at least 1 is needed'),
    (['--writing', '1.5'], '--writing is 1.5, but a share from 0 to 1 is needed'),
    (['--cfg-options', 'train_cfg=None'], 'does not train by epochs. Name a config'),
    (['--cfg-options', 'default_hooks.checkpoint.by_epoch=False'], 'does not train by epochs'),
    (['--cfg-options', 'default_hooks.checkpoint=None'], 'saves no checkpoints to resume from'),
    (['--cfg-options', 'default_hooks.checkpoint.interval=-1'], 'checkpoint.interval to a number'),
    (['--cfg-options', 'default_hooks.checkpoint.backend_args=None'],
     'writes checkpoints in place.*backend_args.backend=atomic'),
    (['--cfg-options', 'randomness.seed=None'], 'has no seed.*--cfg-options randomness.seed=0'),
])
def test_refuses_what_cannot_be_tried(script, arguments, message, tmp_path):
    work_dir = tmp_path / 'work_dir'
    with pytest.raises(ValueError, match=message):
        script.check(script.parse_args([CONFIG, '--work-dir', str(work_dir), *arguments]))
    assert not work_dir.exists()


def test_refuses_a_work_dir_in_use(script, tmp_path):
    (tmp_path / 'epoch_1.pth').touch()
    with pytest.raises(ValueError, match=f'--work-dir {tmp_path} is not empty. Name a new folder'):
        script.check(script.parse_args([CONFIG, '--work-dir', str(tmp_path)]))


def test_refuses_a_missing_config(script):
    with pytest.raises(FileNotFoundError, match='nowhere.py does not exist'):
        script.check(script.parse_args(['nowhere.py']))


def test_logs_every_iteration(script, tmp_path):
    cfg = script.check(script.parse_args([CONFIG, '--work-dir', str(tmp_path)]))
    assert cfg.default_hooks.logger == dict(type='LoggerHook', interval=1, ignore_last=False)
