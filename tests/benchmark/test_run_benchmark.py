"""Benchmarks that run: every job once, killed or not, and never with other settings."""
import json
import pickle
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from mmaction.registry import DATASETS
from mmengine.hooks import LoggerHook
from mmengine.runner import EpochBasedTrainLoop, Runner

from hico_mm.benchmark import benchmark as module
from hico_mm.benchmark import records
from hico_mm.benchmark.jobs import Job
from hico_mm.benchmark.records import read_result, write_result
from hico_mm.benchmark.run_log import read_curves
from hico_mm.datasets.layouts import get_parents
from hico_mm.evaluation.functional import dump_accuracy, load_score_dump
from hico_mm.utils import load_checkpoint_file, provenance

NAMES = 'hico_demo supervised_stgcn_demo'
PRETRAIN, SUPERVISED = 'hico_demo/seed_0/pretrain', 'supervised_stgcn_demo/seed_0/supervised'
LINEAR, KNN, SEMI = (f'hico_demo/seed_0/{name}' for name in ('linear', 'knn', 'semi_0.5_draw0'))
ASKED = dict(tasks=['linear', 'knn', 'semi', 'finetune'], labels=[0.5], draws=1)


def result(**changes):
    return dict(dict(value=50.0, last_epoch=2, best=None, seconds=1.0, samples_per_second=1.0,
                     commit='abc', smoke=True, config='c'), **changes)


def summary(rows):
    return {(row['config'], row['task'], row['encoder']): (row['values'], row['last_epoch'], row['best'])
            for row in rows}


def as_of_others(benchmark):
    """Let the supervised config be one without the hooks and log files of hico_mm."""
    cfg = benchmark.cfgs.get('supervised_stgcn_demo')
    if cfg is not None:
        cfg.custom_hooks = [hook for hook in cfg.custom_hooks if hook.type != 'MissedEvaluationHook']
        cfg.visualizer = dict(type='ActionVisualizer')
    return benchmark


@pytest.fixture(scope='module')
def whole(make_benchmark, tmp_path_factory):
    """A finished benchmark, and the jobs that loaded weights."""
    loaded = []
    load = Runner.load_checkpoint

    def load_and_note(runner, *args, **kwargs):
        loaded.append(Path(runner.work_dir).name)
        return load(runner, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Runner, 'load_checkpoint', load_and_note)
        benchmark = as_of_others(make_benchmark(
            tmp_path_factory.mktemp('whole'), NAMES, {'default_hooks.checkpoint.interval': 1}, **ASKED))
        benchmark.check()
        rows = benchmark.run({})
    return SimpleNamespace(out=benchmark.out, rows=rows, loaded=loaded)


@pytest.fixture
def again(whole, small, tmp_path):
    """Makes a benchmark on a copy of the finished folder, without some of its jobs."""
    def again(*without, names=NAMES, options=None, **arguments):
        shutil.copytree(whole.out, tmp_path / 'out', dirs_exist_ok=True)
        for folder in without:
            shutil.rmtree(tmp_path / 'out' / folder)
        options = {'default_hooks.checkpoint.interval': 1, **(options or {})}
        return as_of_others(small(names, options, **{**ASKED, **arguments}))

    return again


def test_all_jobs_have_results(whole):
    tasks = ['linear', 'knn', 'semi_0.5_draw0', 'finetune']
    assert {str(path.parent.relative_to(whole.out)) for path in whole.out.glob('*/*/*/result.json')} == {
        SUPERVISED, PRETRAIN, *(f'hico_demo/seed_0/{task}' for task in tasks),
        *(f'hico_demo/seed_0/{task}_untrained' for task in tasks)}
    assert whole.loaded == ['linear', 'knn', 'semi_0.5_draw0', 'finetune'], 'but for untrained encoders'
    assert [(row['task'], row['labels'], row['encoder']) for row in whole.rows] == [
        ('pretrain', None, 'pretrained'), *(
            (task, labels, encoder) for task, labels in (
                ('linear', None), ('knn', None), ('semi', 0.5), ('finetune', None))
            for encoder in ('pretrained', 'untrained')), ('supervised', None, 'supervised')]
    for row in whole.rows:
        if row['task'] != 'knn':
            assert row['last_epoch'] == 2 and row['best']['mean'] >= row['mean']
            assert row['seconds'] > 0 and row['samples_per_second'] > 0
    scores = load_score_dump(str(whole.out / LINEAR / 'scores.pkl'))
    assert 100 * dump_accuracy(scores)['top1'] == whole.rows[1]['mean'], 'of the last epoch'


def test_retrieval_is_that_of_the_pretraining(whole):
    pretraining = whole.rows[0]
    retrieval, untrained = (row for row in whole.rows if row['task'] == 'knn')
    _, validation = read_curves(str(whole.out / PRETRAIN))
    assert retrieval['mean'] == pytest.approx(100 * validation['knn/top1'][2])
    assert pretraining['values'] == [100 * validation['knn/top1'][2]] and pretraining['paper'] is None
    assert (retrieval['last_epoch'], retrieval['best']) == (2, pretraining['best'])
    assert retrieval['seconds'] is retrieval['samples_per_second'] is None
    # Before its first step the pre-training has the untrained encoder of the same seed.
    assert untrained['mean'] == pytest.approx(100 * validation['knn/top1'][0])
    assert untrained['last_epoch'] is untrained['best'] is untrained['seconds'] is None


def test_only_what_is_missing_is_run(again, whole, runs, monkeypatch):
    def check_output(command, **kwargs):
        if command[0] != 'git':
            return original(command, **kwargs)
        return '' if 'status' in command else 'after' if runs else 'before'

    original = provenance.subprocess.check_output
    monkeypatch.setattr(provenance.subprocess, 'check_output', check_output)
    provenance.code_commit.cache_clear()
    benchmark = again(SEMI)
    benchmark.check()
    rows = benchmark.run({})
    provenance.code_commit.cache_clear()
    assert runs == {('train', SEMI): 1}
    assert summary(rows) == summary(whole.rows)
    made = read_result(benchmark.out / SEMI)
    assert (made['commit'], made['device']) == ('before', provenance.device_name())
    # A smaller request loses no rows.
    assert again(names='hico_demo', tasks=['knn'], encoders=['pretrained']).run({}) == whole.rows
    assert runs == {('train', SEMI): 1}


@pytest.mark.parametrize('folder, point, iterations', [
    (PRETRAIN, 1, 2), (LINEAR, 1, 2), (SUPERVISED, 1, 2), (LINEAR, 2, 0), (PRETRAIN, 'result', 0),
])
def test_a_killed_job_ends_as_if_it_had_not_been_killed(again, whole, monkeypatch, folder, point,
                                                        iterations):
    """Killed before the evaluation of an epoch is logged, or before the result is written."""
    log, write, iterate = LoggerHook.after_val_epoch, records.atomic_write, EpochBasedTrainLoop.run_iter

    def log_or_die(hook, runner, metrics=None):
        if runner.work_dir.endswith(folder) and runner.epoch == point:
            raise KeyboardInterrupt
        log(hook, runner, metrics)

    def write_or_die(path):
        if str(path).endswith(f'{folder}/result.json') and point == 'result':
            raise KeyboardInterrupt
        return write(path)

    # A task belongs to the very checkpoint of its pre-training.
    without, tasks = ('hico_demo', []) if folder == PRETRAIN else (folder, ['linear'])
    benchmark = again(without, tasks=tasks, encoders=['pretrained'])
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(LoggerHook, 'after_val_epoch', log_or_die)
        patch.setattr(records, 'atomic_write', write_or_die)
        benchmark.run({})
    assert not (benchmark.out / folder / 'result.json').exists()

    trained = []
    monkeypatch.setattr(EpochBasedTrainLoop, 'run_iter', lambda loop, *args: (
        trained.append(loop.runner.work_dir), iterate(loop, *args)))
    benchmark.check()
    rows = benchmark.run({})
    assert [path for path in trained if path.endswith(folder)] == [
        str(benchmark.out / folder)] * iterations
    assert summary(rows).items() <= summary(whole.rows).items()
    evaluations, expected = (read_curves(str(out / folder))[1] for out in (benchmark.out, whole.out))
    assert evaluations == expected
    weights, expected = (load_checkpoint_file(str(out / folder / 'epoch_2.pth'))['state_dict']
                         for out in (benchmark.out, whole.out))
    torch.testing.assert_close(weights, expected, rtol=0, atol=0)


@pytest.mark.parametrize('options, folder, message', [
    ({'tasks.linear.optim_wrapper.optimizer.lr': 3.0}, LINEAR, 'optim_wrapper.optimizer.lr 0.1 -> 3.0'),
    ({'optim_wrapper.optimizer.weight_decay': 0.5}, SUPERVISED, 'weight_decay 0.0 -> 0.5'),
    ({'model.momentum': 0.5}, 'hico_demo/seed_1/pretrain', 'model.momentum 0.99 -> 0.5'),
])
def test_other_settings_are_refused_before_anything_runs(again, options, folder, message, runs):
    other = again(names=folder.split('/')[0], options=options)
    if 'seed_1' in folder:  # only earlier seeds have them
        write_result(other.out / folder, Job('hico_demo', 1, 'pretrain'), result())
        shutil.move(other.out / PRETRAIN / 'settings.json', other.out / folder)
        shutil.rmtree(other.out / 'hico_demo/seed_0')
    with pytest.raises(ValueError, match='Choose another folder by --out') as error:
        other.check()
    assert message in str(error.value) and str(other.out / folder) in str(error.value)
    assert not runs


def test_a_checkpoint_takes_the_place_of_the_pretraining(small, whole, runs, tmp_path):
    checkpoint = str(whole.out / PRETRAIN / 'epoch_2.pth')
    taken = small(tasks=['knn'], encoders=['pretrained'], checkpoints=[checkpoint])
    taken.check()
    row, = taken.run({})
    assert row['values'] == whole.rows[3]['values'] and runs == {('test', KNN): 1}
    assert row['last_epoch'] is row['seconds'] is row['best'] is None

    content = load_checkpoint_file(checkpoint)
    next(value for name, value in content['state_dict'].items() if name.startswith('backbone.')).mul_(2)
    torch.save(content, tmp_path / 'other.pth')
    other = small(tasks=['knn'], encoders=['pretrained'], checkpoints=[str(tmp_path / 'other.pth')])
    other.check()
    with pytest.raises(ValueError, match='hico_demo/seed_0/knn was made with other settings .*encoder'):
        other.run({})


def test_transfer_shares_the_pretraining_of_its_source(small, runs):
    alone = small('hico_pku1_to_pku2', tasks=['knn'], encoders=['pretrained'])
    pretraining, transfer = alone.run({})
    assert pretraining['config'] == 'hico_pku1_to_pku2', 'which is what it was evaluated on'
    assert pretraining['values'] == transfer['values']
    both = small('hico_pku1_to_pku2 hico_pku1', tasks=['knn'], encoders=['pretrained'])
    both.check()
    source = both.run({})[0]
    assert [key for key in runs if key[0] == 'train'] == [('train', 'hico_pku1/seed_0/pretrain')]
    # The same encoder and as many epochs, but the log has no evaluation of the source.
    assert (source['config'], source['last_epoch'], source['best']) == ('hico_pku1', 2, None)
    assert transfer['best'] is not None
    # Of both, the source would do it.
    config = both._config(Job('hico_pku1', 0, 'pretrain'), 'hico_pku1_to_pku2')
    assert config.filename == both.cfgs['hico_pku1'].filename


def test_results_of_other_data_are_not_taken(small):
    benchmark = small('hico_pku1', tasks=['knn'], encoders=['coordinates'])
    benchmark.smoke = False  # whose data are small ones, written anew each time
    benchmark.run({})
    path = Path(benchmark.cfgs['hico_pku1'].test_dataloader.dataset.ann_file)
    content = pickle.loads(path.read_bytes())
    content['annotations'][0]['keypoint'] += 1
    path.write_bytes(pickle.dumps(content))
    for again in (benchmark.check, lambda: benchmark.run({})):
        with pytest.raises(ValueError, match=f'_coordinates was made with .* data, .*data.{path} '):
            again()


def test_one_encoder_on_several_sets(small, runs):
    names = 'hico_four_sets@kard hico_four_sets@utkinect'
    benchmark = small(names, tasks=['knn'], encoders=['pretrained', 'coordinates'], seeds=2,
                      sort='knn@mean')
    benchmark.check()
    rows = benchmark.run({})
    assert runs == {(kind, f'hico_four_sets{job}'): 1 for kind, job in [
        *(('train', f'/seed_{seed}/pretrain') for seed in range(2)),
        *(('test', f'@{data}/seed_{seed}/{task}') for data in ('kard', 'utkinect')
          for seed, task in ((0, 'knn'), (1, 'knn'), (0, 'knn_coordinates')))]}
    assert [(row['data'], row['encoder'], row['encoders']) for row in rows if row['task'] == 'knn'] == [
        (data, encoder, number) for data in ('kard', 'utkinect')
        for encoder, number in (('coordinates', 1), ('pretrained', 2))]
    compared = json.loads((benchmark.out / 'results.json').read_text())['comparison']
    assert {(row['config'], row['encoder']): [*row['accuracy']] for row in compared} == {
        ('hico_four_sets', encoder): ['knn@kard', 'knn@utkinect', 'knn@mean']
        for encoder in ('pretrained', 'coordinates')}


def test_coordinates_are_those_of_stream_and_evaluation(small):
    benchmark = small(tasks=['knn', 'linear'], encoders=['coordinates'],
                      options={'model.data_preprocessor.stream': 'bone'})
    benchmark.check()
    rows = {row['task']: row for row in benchmark.run({})}
    assert rows.keys() == {'knn', 'linear'}, 'nothing is pre-trained'
    cfg = benchmark.cfgs['hico_demo']
    features, labels = [], []
    for loader in (cfg.test_dataloader, cfg.test_cfg.gallery_dataloader):
        samples = [*DATASETS.build(loader.dataset)]
        joints = torch.stack([sample['inputs'] for sample in samples])  # (N, 1, M, T, V, C)
        bones = joints - joints[..., get_parents('nturgb+d'), :]
        features.append(torch.nn.functional.normalize(bones.flatten(1), dim=1))
        labels.append(torch.cat([sample['data_samples'].gt_label for sample in samples]))
    nearest = (features[0] @ features[1].T).argmax(1)
    assert rows['knn']['values'] == [100 * (labels[1][nearest] == labels[0]).double().mean().item()]


def test_skeletonclr_goes_through_the_tasks_as_hico_does(small, monkeypatch):
    weights, call_hook = {}, Runner.call_hook

    def note_weights(runner, name, **kwargs):
        if name in ('before_val_epoch', 'before_test_epoch'):
            weights.setdefault(Path(runner.work_dir).name, torch.cat(
                [weight.detach().flatten() for weight in runner.model.backbone.parameters()]))
        call_hook(runner, name, **kwargs)

    monkeypatch.setattr(Runner, 'call_hook', note_weights)
    benchmark = small('skeletonclr_demo', tasks=['linear'], encoders=['pretrained'])
    benchmark.check()
    assert [row['task'] for row in benchmark.run({})] == ['pretrain', 'linear']
    small('skeletonclr_demo', tasks=['knn']).run({})
    # Before its first step the pre-training has the untrained encoder of the same seed.
    assert torch.equal(weights['knn_untrained'], weights['pretrain'])
    assert not torch.equal(weights['knn'], weights['pretrain'])
    pretrained, linear = (load_checkpoint_file(str(
        benchmark.out / 'skeletonclr_demo/seed_0' / job / 'epoch_2.pth'))['state_dict']
        for job in ('pretrain', 'linear'))
    assert all(torch.equal(linear[name], value) for name, value in pretrained.items()
               if name.startswith('backbone.'))  # statistics of BatchNorm included


@pytest.fixture
def jobs(monkeypatch):
    """Let jobs have results, and scores by stream, without running; gives their folders."""
    done = []

    def run(job, config, *_):
        folder = Path(config.work_dir)
        if read_result(folder) is None:
            done.append(str(job.folder))
            write_result(folder, job, result(config=job.config))
            scores = [0.0, 2.5] if job.config.endswith('motion') else [1.0, 0.0]
            (folder / 'scores.pkl').write_bytes(pickle.dumps([
                dict(pred_score=torch.tensor(scores), gt_label=torch.tensor([0]))]))
        return read_result(folder)

    monkeypatch.setattr(module, 'run_job', run)
    monkeypatch.setattr(module, 'check_checkpoint', lambda path: None)
    return done


def test_seeds_and_draws_are_all_in_the_row_and_jobs_without_a_result_still_to_come(
        small, jobs, monkeypatch):
    rows = small(tasks=['semi'], labels=[0.5], seeds=2, draws=2, encoders=['pretrained']).run({})
    assert [len(row['values']) for row in rows] == [2, 4]
    assert jobs == [f'hico_demo/seed_{seed}/{name}' for seed in range(2)
                    for name in ('pretrain', 'semi_0.5_draw0', 'semi_0.5_draw1')]
    written = []
    monkeypatch.setattr(module, 'write_results', lambda *args: written.append(args[3:]))
    small('hico_ntu60', tasks=['linear'], encoders=['pretrained']).run({})
    both = small('hico_ntu60 hico_ntu60_bone', tasks=['linear'], encoders=['pretrained'], weights=[])
    both.run({})  # the other one's, and the fusion
    both.run({})
    assert written == [(1, ), (0, ), (), (2, ), (1, ), (0, ), (), ()]


def test_fusion_row_is_the_fusion_of_the_streams(small, jobs):
    names = 'hico_ntu60 hico_ntu60_bone hico_ntu60_motion'
    benchmark = small(names, tasks=['linear'], weights=[0.6, 0.6, 0.4])
    benchmark.check()
    fused, untrained = (row for row in benchmark.run({}) if row['task'] == 'fusion')
    assert fused['config'] == 'hico_ntu60+hico_ntu60_bone+hico_ntu60_motion (0.6 : 0.6 : 0.4)'
    assert fused['paper'] is None and untrained['encoder'] == 'untrained'
    # The right class by 1.2 : 1, unlike by equal weights or those of another order.
    assert fused['values'] == [100.0]
    rows = small(names, tasks=['linear'], weights=[]).run({})
    assert {row['config']: row['values'] for row in rows
            if row['task'] == 'fusion' and row['encoder'] == 'pretrained'} == {
        fused['config']: [100.0], names.replace(' ', '+'): [0.0]}
