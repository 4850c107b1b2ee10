from pathlib import Path

import pytest

HOOK = dict(type='UntrainedBaselineHook')


def evaluator(*values):
    return dict(type='ScriptedMetric', values=list(values))


def last_lines(runner, number):
    lines = next(Path(runner.log_dir).glob('*.log')).read_text().splitlines()
    return [line.split(' - INFO - ')[-1] for line in lines[-number:]]


def test_last_lines_of_the_log(toy_runner):
    runner = toy_runner(custom_hooks=[HOOK], val_evaluator=evaluator(0.31, 0.5, 0.62))
    runner.train()
    assert last_lines(runner, 2) == [
        'knn/top1: 0.3100 untrained -> 0.6200 trained (+31.0 points)',
        f'Checkpoint: {runner.work_dir}/epoch_2.pth'
    ]


def test_without_checkpoint(toy_runner):
    runner = toy_runner(
        custom_hooks=[HOOK], default_hooks=dict(checkpoint=None),
        val_evaluator=evaluator(0.5, 0.25, 0.125))
    runner.train()
    assert last_lines(runner, 1) == ['knn/top1: 0.5000 untrained -> 0.1250 trained (-37.5 points)']


def test_untrained_weights_are_never_the_best(toy_runner):
    checkpoint = dict(type='CheckpointHook', interval=1, save_best='knn/top1')
    runner = toy_runner(custom_hooks=[HOOK], default_hooks=dict(checkpoint=checkpoint),
                        val_evaluator=evaluator(0.9, 0.3, 0.2))
    runner.train()
    assert [path.name for path in Path(runner.work_dir).glob('best_*')] == [
        'best_knn_top1_epoch_1.pth']
    assert runner.message_hub.get_info('best_score') == 0.3


def test_resumed_run_remembers_the_untrained_number(toy_runner):
    first = toy_runner(custom_hooks=[HOOK], val_evaluator=evaluator(0.25, 0.5, 0.6))
    first.train()
    resumed = toy_runner(custom_hooks=[HOOK], val_evaluator=evaluator(0.75), resume=True,
                         load_from=f'{first.work_dir}/epoch_1.pth')
    resumed.train()
    assert last_lines(resumed, 2)[0] == (
        'knn/top1: 0.2500 untrained -> 0.7500 trained (+50.0 points)')


def test_complete_run_that_is_resumed_is_evaluated(toy_runner):
    first = toy_runner(custom_hooks=[HOOK], val_evaluator=evaluator(0.25, 0.5, 0.6))
    first.train()
    resumed = toy_runner(custom_hooks=[HOOK], val_evaluator=evaluator(0.6), resume=True,
                         load_from=f'{first.work_dir}/epoch_2.pth')
    resumed.train()
    assert last_lines(resumed, 2)[0].startswith('knn/top1: 0.2500 untrained -> 0.6000 trained')


def test_loaded_weights_are_not_called_untrained(toy_runner):
    first = toy_runner()
    first.train()
    tuned = toy_runner(custom_hooks=[HOOK], val_evaluator=evaluator(0.5, 0.75),
                       load_from=f'{first.work_dir}/epoch_2.pth')
    tuned.train()
    assert last_lines(tuned, 2)[0] == 'knn/top1: 0.7500 trained'


@pytest.mark.parametrize('schedule', [dict(val_interval=2), dict(val_begin=5)])
def test_trained_number_is_of_the_last_epoch(toy_runner, schedule):
    runner = toy_runner(
        custom_hooks=[HOOK], train_cfg=dict(by_epoch=True, max_epochs=3, **schedule),
        val_evaluator=evaluator(*[0.1, 0.2, 0.3][:1 + (3 if 'val_interval' in schedule else 1)]))
    runner.train()
    trained = '0.3000' if 'val_interval' in schedule else '0.2000'
    assert f'-> {trained} trained' in last_lines(runner, 2)[0]


def test_says_nothing_after_a_test(toy_runner, toy_loader):
    runner = toy_runner(custom_hooks=[HOOK], test_dataloader=toy_loader(5), test_cfg=dict(),
                        test_evaluator=evaluator(0.5))
    runner.test()
    assert 'trained' not in last_lines(runner, 1)[0]


def test_refuses_an_unknown_metric(toy_runner):
    runner = toy_runner(custom_hooks=[dict(type='UntrainedBaselineHook', metric='acc/top1')],
                        val_evaluator=evaluator(0.5))
    with pytest.raises(KeyError, match=r"'acc/top1', but the validation gives \['knn/top1'\]"):
        runner.train()


def test_refuses_to_do_without_validation(toy_runner):
    with pytest.raises(ValueError, match='but the config has no val_dataloader'):
        toy_runner(custom_hooks=[HOOK]).train()
