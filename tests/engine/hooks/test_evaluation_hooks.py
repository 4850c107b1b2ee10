import pytest
from mmengine.hooks import Hook

from hico_mm.utils import load_checkpoint_file

BASELINE = [dict(type='UntrainedBaselineHook')]


def last_lines(log, number):
    return [line.split(' - INFO - ')[-1] for line in log.splitlines()[-number:]]


@pytest.mark.parametrize('values, checkpoint, result', [
    ([0.31, 0.5, 0.62], True, '0.3100 untrained -> 0.6200 trained (+31.0 points'),
    ([0.5, 0.25, 0.125], False, '0.5000 untrained -> 0.1250 trained (-37.5 points')])
def test_last_lines_of_the_log(toy_runner, log_of, values, checkpoint, result):
    hooks = {} if checkpoint else dict(default_hooks=dict(checkpoint=None))
    runner = toy_runner(values, custom_hooks=BASELINE, **hooks)
    runner.train()
    expected = [f'knn/top1: {result}, one initialisation)']
    if checkpoint:
        expected.append(f'Checkpoint: {runner.work_dir}/epoch_2.pth')
    assert last_lines(log_of(runner), len(expected)) == expected


class Listener(Hook):
    """Notes each call about evaluations."""

    priority = 'VERY_HIGH'

    def __init__(self):
        self.calls = []
        for name in ('before_val', 'before_val_epoch', 'after_val_epoch', 'after_val'):
            setattr(self, name, lambda runner, name=name, **kwargs: self.calls.append(
                (runner.epoch, name, *kwargs.values())))


def test_no_one_but_the_log_learns_of_the_untrained_result(toy_runner, log_of):
    early = dict(type='EarlyStoppingHook', monitor='knn/top1', min_delta=0., patience=2)
    plateau = dict(type='ReduceOnPlateauLR', monitor='knn/top1', rule='greater', patience=0)
    runner = toy_runner([0.9, 0.3, 0.4, 0.5], custom_hooks=[*BASELINE, early], param_scheduler=plateau,
                        train_cfg=dict(by_epoch=True, max_epochs=3))
    listener = Listener()
    runner.register_hook(listener)
    runner.train()
    assert runner.epoch == 3 and runner.optim_wrapper.get_lr()['lr'] == [0.1]
    assert [call[0] for call in listener.calls if call[1] == 'before_val'] == [1, 2, 3]
    assert listener.calls[2] == (1, 'after_val_epoch', {'knn/top1': 0.3})
    assert 'Epoch(val) [0][2/2]    knn/top1: 0.9000' in log_of(runner)


@pytest.mark.parametrize('values, changes, result', [
    ([0.75], dict(resume=True, load_from='epoch_1.pth'), '0.2500 untrained -> 0.7500 trained (+50.0'),
    # A complete run is evaluated again.
    ([0.6], dict(resume=True, load_from='epoch_2.pth'), '0.2500 untrained -> 0.6000 trained (+35.0'),
    # Loaded weights are not untrained.
    ([0.5, 0.75], dict(load_from='epoch_2.pth'), '0.7500 trained'),
])
def test_runs_that_begin_with_a_checkpoint(toy_runner, log_of, values, changes, result):
    first = toy_runner([0.25, 0.5, 0.6], custom_hooks=BASELINE)
    first.train()
    changes = dict(changes, load_from=f"{first.work_dir}/{changes['load_from']}")
    second = toy_runner(values, custom_hooks=BASELINE, **changes)
    second.train()
    assert last_lines(log_of(second), 2)[0].startswith(f'knn/top1: {result}')


@pytest.mark.parametrize('schedule, values, trained', [
    (dict(val_interval=2), [0.1, 0.2, 0.3], '0.3000'), (dict(val_begin=5), [0.1, 0.2], '0.2000')])
def test_trained_number_is_of_the_last_epoch(toy_runner, log_of, schedule, values, trained):
    runner = toy_runner(values, custom_hooks=BASELINE,
                        train_cfg=dict(by_epoch=True, max_epochs=3, **schedule))
    runner.train()
    assert f'-> {trained} trained' in last_lines(log_of(runner), 2)[0]


def test_says_nothing_after_a_test(toy_runner, toy_loader, log_of):
    runner = toy_runner(custom_hooks=BASELINE, test_dataloader=toy_loader(5), test_cfg=dict(),
                        test_evaluator=dict(type='ScriptedMetric', values=[0.5]))
    runner.test()
    assert 'trained' not in last_lines(log_of(runner), 1)[0]


def test_refuses_unfit_validation(toy_runner):
    with pytest.raises(KeyError, match=r"'acc/top1', but the validation gives \['knn/top1'\]"):
        toy_runner([0.5], custom_hooks=[dict(BASELINE[0], metric='acc/top1')]).train()
    with pytest.raises(ValueError, match='but the config has no val_dataloader'):
        toy_runner(custom_hooks=BASELINE).train()


@pytest.fixture
def train(toy_runner, tmp_path):
    """Train until the scripted results end; give the work dir."""

    def train(name, values, resume=None, is_killed=False, interval=1, max_epochs=3, **train_cfg):
        work_dir = tmp_path / name
        runner = toy_runner(
            values, work_dir=str(work_dir), resume=resume is not None,
            custom_hooks=[dict(type='EpochSeedHook'), dict(type='MissedEvaluationHook')],
            load_from=resume and str(work_dir / f'epoch_{resume}.pth'),
            default_hooks=dict(checkpoint=dict(
                type='CheckpointHook', interval=interval, save_best='knn/top1', max_keep_ckpts=2)),
            train_cfg=dict(by_epoch=True, max_epochs=max_epochs, **train_cfg))
        if is_killed:
            with pytest.raises(StopIteration):  # there is no further value
                runner.train()
        else:
            runner.train()
        return work_dir

    return train


def left_behind(work_dir):
    """The content of all checkpoints but for clocks and the name of the folder."""
    content = {}
    for path in sorted(work_dir.glob('*.pth')):
        checkpoint = load_checkpoint_file(path)
        hub = checkpoint['message_hub']
        content[path.name] = dict(
            epoch=checkpoint['meta']['epoch'], iter=checkpoint['meta']['iter'],
            weights={name: weight.tolist() for name, weight in checkpoint['state_dict'].items()},
            histories={name: history.data[0].tolist() for name, history in hub['log_scalars'].items()
                       if name.split('/')[1] not in ('time', 'data_time', 'memory')},
            info={key: str(hub['runtime_info'].get(key)).replace(str(work_dir), '')
                  for key in ('best_score', 'best_ckpt', 'last_ckpt', 'keep_ckpt_ids')})
    return content


@pytest.mark.parametrize('epoch', [1, 2, 3])
def test_killed_evaluation_is_made_up_for(train, epoch):
    values = [0.1, 0.9, 0.5] if epoch < 3 else [0.1, 0.5, 0.9]
    straight = left_behind(train('straight', values))
    train('killed', values[:epoch - 1], is_killed=True)
    assert left_behind(train('killed', values[epoch - 1:], resume=epoch)) == straight
    assert f'best_knn_top1_epoch_{values.index(0.9) + 1}.pth' in straight


def history(work_dir, epoch=3):
    return left_behind(work_dir)[f'epoch_{epoch}.pth']['histories']['val/knn/top1']


def test_finished_evaluation_is_repeated_if_the_checkpoint_lacks_it(train):
    train('lacks', [0.9, 0.1], is_killed=True)  # epoch_2.pth was saved before its evaluation
    assert history(train('lacks', [0.1, 0.95], resume=2)) == [0.9, 0.1, 0.95]
    train('has', [0.1, 0.9], is_killed=True)  # epoch_2.pth was saved again as the best one
    assert history(train('has', [0.95], resume=2)) == [0.1, 0.9, 0.95]


def test_no_evaluation_that_is_not_due(train):
    train('run', [], is_killed=True, val_interval=2)
    train('run', [], is_killed=True, resume=1, val_interval=2)
    assert history(train('run', [0.1, 0.2], resume=2, val_interval=2)) == [0.1, 0.2]


def test_evaluations_that_become_frequent(train):
    options = dict(val_interval=10, dynamic_intervals=[(3, 1)], max_epochs=4)
    train('run', [0.3], is_killed=True, **options)  # in the evaluation of epoch 3
    assert history(train('run', [0.2, 0.1], resume=3, **options), 4) == [0.3, 0.2]


def test_new_best_one_between_checkpoints_is_saved_whole(train, checkpoints_in):
    options = dict(max_epochs=4, interval=2)
    straight = train('straight', [0.1, 0.2, 0.3, 0.1], **options)
    assert checkpoints_in(straight) == ['best_knn_top1_epoch_3.pth', 'epoch_3.pth', 'epoch_4.pth']
    train('killed', [0.1, 0.2], is_killed=True, **options)
    resumed = train('killed', [0.3, 0.1], resume=2, **options)
    assert left_behind(resumed) == left_behind(straight)
    assert load_checkpoint_file(resumed / 'epoch_3.pth')['optimizer']['state']
