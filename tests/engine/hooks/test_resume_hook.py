import pytest
import torch
from mmengine.hooks import Hook

from hico_mm.engine.hooks import resume_hook
from hico_mm.utils import load_checkpoint_file

HOOKS = [dict(type=f'{name}Hook') for name in ('EpochSeed', 'Resume', 'MissedEvaluation')]
STEPS = dict(type='MultiStepLR', milestones=[2, 4])
COSINE = dict(type='CosineAnnealingLR')
PLATEAU = dict(type='ReduceOnPlateauLR', monitor='knn/top1', rule='greater', patience=0)
SGD = dict(type='SGD', lr=0.1, momentum=0.9)


class RecordRates(Hook):
    """Notes the learning rate of each iteration."""

    def before_train(self, runner):
        self.rates = []

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        self.rates.append(runner.optim_wrapper.get_lr()['lr'][0])


@pytest.fixture
def train(toy_runner, tmp_path, capsys):
    """Train by a schedule, perhaps from a checkpoint; give rates, the weight, the log."""

    def train(name, schedule, max_epochs=5, resume=None, optimizer=SGD, values=None, **changes):
        runner = toy_runner(
            values, work_dir=str(tmp_path / name), custom_hooks=HOOKS, param_scheduler=schedule,
            train_cfg=dict(by_epoch=True, max_epochs=max_epochs), resume=resume is not None,
            optim_wrapper=dict(optimizer=optimizer, **changes),
            load_from=resume and str(tmp_path / name / f'epoch_{resume}.pth'))
        record = RecordRates()
        runner.register_hook(record, 'LOWEST')
        weight = runner.train().backbone.weight.tolist()
        told = [line.split('(checkpoint -> config): ')[1]
                for line in ''.join(capsys.readouterr()).splitlines()
                if 'resumed by another config' in line]
        return record.rates, weight, told

    return train


@pytest.mark.parametrize('schedule', [
    STEPS, dict(type='StepLR', step_size=2), dict(type='ExponentialLR', gamma=0.5), None,
    [dict(type='LinearLR', start_factor=0.1, by_epoch=True, end=4), STEPS],
    [dict(type='LinearLR', start_factor=0.1, by_epoch=False, end=8), dict(COSINE, T_max=5, begin=1)],
    dict(STEPS, convert_to_iter_based=True), dict(type='MultiStepMomentum', milestones=[2])])
def test_longer_training_equals_one_that_was_as_long_from_the_start(train, schedule):
    rates, weight, _ = train('straight', schedule)
    train('longer', schedule, max_epochs=2)
    assert train('longer', schedule, resume=2) == (rates[6:], weight, [])


@pytest.mark.parametrize('before, now, told', [
    ((STEPS, SGD), (STEPS, dict(SGD, lr=0.3)), 'lr=0.1 -> 0.3.'),
    ((STEPS, SGD), (dict(STEPS, milestones=[3]), dict(SGD, weight_decay=0.1)),
     'weight_decay=0 -> 0.1, param_scheduler[0].milestones=[2, 4] -> [3].'),
    ((COSINE, SGD), (COSINE, SGD), 'param_scheduler[0].T_max=2 -> 5.'),
    ((STEPS, SGD), (None, SGD), 'param_scheduler[0].begin=0 -> None, '),
    ((dict(STEPS, end=1), SGD), (STEPS, SGD), 'param_scheduler[0].end=1 -> 5.'),
    ((STEPS, SGD), (STEPS, dict(type='AdamW', lr=0.1, betas=(0.8, 0.9))),
     'weight_decay=0 -> 0.01, optimizer=SGD -> AdamW.')])
def test_other_settings_are_told_and_count(train, before, now, told):
    rates, _, _ = train('straight', now[0], optimizer=now[1])
    train('changed', before[0], 2, optimizer=before[1])
    later, _, lines = train('changed', now[0], resume=2, optimizer=now[1])
    assert later == rates[6:]
    assert len(lines) == 1 and lines[0].startswith(told)
    assert 'After epoch 2, iteration 6, the config counts' in lines[0]
    assert train('changed', now[0], resume=4, optimizer=now[1])[::2] == (rates[12:], [])


def test_other_data_are_told(toy_runner, toy_loader, log_of):
    toy_runner(custom_hooks=HOOKS).train()
    runner = toy_runner(
        custom_hooks=HOOKS, resume=True, train_dataloader=toy_loader(8, jitter=0.5, num_workers=1))
    runner.train()
    assert (': train_dataloader.dataset.jitter=None -> 0.5. After epoch 2, iteration 6, the config '
            'counts.') in log_of(runner)


def test_another_model_is_told():
    before, now = (resume_hook._read_entries(text) for text in (
        "model = dict(contrast=dict(terms=[dict(type='A', end=3), dict(type='B')]), queue={})",
        "x = print()\nmodel = dict(contrast=dict(terms=[dict(type='C', end=4)]), head=[1, 2, 3])"))
    assert resume_hook._entry_changes(before, now) == [
        "model.contrast.terms.0.type='A' -> 'C'", 'model.contrast.terms.0.end=3 -> 4',
        "model.contrast.terms.1.type='B' -> None", 'model.queue={} -> None',
        'model.head.0=None -> 1', 'and 2 more']


def test_momentum_of_the_config_is_in_the_optimizer(train, toy_runner):
    train('a', None, 2)
    weights = [train('a', None, 3, resume=2, optimizer=dict(SGD, momentum=momentum))[1]
               for momentum in (0.9, 0.1)]
    assert weights[0] != weights[1]


def test_groups_that_differ_begin_anew(train):
    optimizer = dict(SGD, weight_decay=0.1)
    train('a', STEPS, 2, optimizer=optimizer)
    rates, _, told = train('a', STEPS, 3, resume=2, optimizer=optimizer,
                           paramwise_cfg=dict(bias_decay_mult=0.))
    assert rates == pytest.approx([0.01] * 3) and told[0].startswith('param_groups=[4] -> [1, 1, 1, 1].')


def test_schedule_by_results_goes_on(train):
    results = [0.5, 0.4, 0.3, 0.2, 0.1]
    rates, weight, _ = train('straight', PLATEAU, values=results)
    assert rates[-1] < 1e-3
    train('a', PLATEAU, 2, values=results)
    assert train('a', PLATEAU, resume=2, values=results[1:]) == (rates[6:], weight, [])
    rates, _, told = train('a', PLATEAU, resume=4, values=results[3:], optimizer=dict(SGD, lr=0.5))
    assert rates == pytest.approx([1e-4] * 3) and told == [
        'lr=0.1 -> 0.5. After epoch 4, iteration 12, the checkpoint counts, because the schedule '
        'depends on earlier results.']


@pytest.mark.parametrize('saving, saved', [
    (dict(interval=5), 'epoch_4.pth'), (dict(interval=3, filename_tmpl='ckpt_{}.pth'), 'ckpt_4.pth'),
    (dict(interval=5, by_epoch=False), 'iter_12.pth'), (dict(interval=2), 'epoch_4.pth'),
    (dict(interval=3, save_last=False), 'epoch_3.pth')])
def test_last_weights_of_a_stopped_training_are_saved(toy_runner, checkpoints_in, log_of, saving, saved):
    early = dict(type='EarlyStoppingHook', monitor='knn/top1', min_delta=0., patience=3)
    runner = toy_runner(
        [0.1, 0.5, 0.4, 0.3, 0.2], train_cfg=dict(by_epoch=True, max_epochs=9),
        custom_hooks=[*HOOKS, early, dict(type='UntrainedBaselineHook')],
        default_hooks=dict(checkpoint=dict(type='CheckpointHook', max_keep_ckpts=2, **saving)))
    weight = runner.train().backbone.weight
    path = f'{runner.work_dir}/{saved}'
    assert saved in checkpoints_in(runner.work_dir) and len(checkpoints_in(runner.work_dir)) <= 2
    assert log_of(runner).splitlines()[-2].endswith(
        '0.1000 untrained -> 0.2000 trained (+10.0 points, one initialisation)')
    assert log_of(runner).splitlines()[-1].endswith(f'Checkpoint: {path}')
    if saving.get('save_last', True):
        checkpoint = load_checkpoint_file(path)
        assert torch.equal(checkpoint['state_dict']['backbone.weight'], weight)
        assert (checkpoint['meta']['epoch'], checkpoint['meta']['iter']) == (4, 12)


def test_stopped_training_by_iterations(toy_runner, checkpoints_in):
    early = dict(type='EarlyStoppingHook', monitor='knn/top1', min_delta=0., patience=1)
    runner = toy_runner(
        [0.5, 0.4], train_cfg=dict(by_epoch=False, max_iters=9, val_interval=2),
        custom_hooks=[dict(type='ResumeHook'), early],
        default_hooks=dict(checkpoint=dict(type='CheckpointHook', interval=3, by_epoch=False)))
    runner.train()
    assert checkpoints_in(runner.work_dir) == ['iter_3.pth', 'iter_4.pth']
