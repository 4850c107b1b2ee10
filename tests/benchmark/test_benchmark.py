"""Whole benchmarks of small experiments: what is run, what is not run again, what is refused."""
import json
from pathlib import Path

import pytest
from mmengine.runner import Runner

from hico_mm.evaluation.functional import dump_accuracy, load_score_dump


def folder(out, step, config='hico_demo', seed=0):
    return out / config / f'seed_{seed}' / step


def finished(out):
    return {str(path.parent.relative_to(out)) for path in out.glob('*/*/*/result.json')}


def test_all_tasks_with_both_encoders(small, runs):
    benchmark = small(tasks=['linear', 'knn', 'semi', 'finetune'], labels=[0.5], draws=1)
    benchmark.check()
    rows = benchmark.run({})

    tasks = ['linear', 'knn', 'semi_0.5_draw0', 'finetune']
    assert finished(benchmark.out) == {
        f'hico_demo/seed_0/{name}'
        for name in ('pretrain', *tasks, *(f'{task}_untrained' for task in tasks))}
    assert max(runs.values()) == 1
    assert [(row['task'], row['labels'], row['encoder']) for row in rows] == [
        (task, labels, encoder) for task, labels in (('linear', None), ('knn', None), ('semi', 0.5),
                                                     ('finetune', None))
        for encoder in ('pretrained', 'untrained')]
    for row in rows:
        if row['task'] != 'knn':
            assert row['last_epoch'] == 2 and row['best']['mean'] >= row['mean']
            assert row['seconds'] > 0 and row['samples_per_second'] > 0

    retrieval, untrained = (row for row in rows if row['task'] == 'knn')
    log = json.loads((folder(benchmark.out, 'pretrain') / 'evaluations.json').read_text())
    assert retrieval['mean'] == pytest.approx(100 * log['2'])
    assert retrieval['last_epoch'] == 2, 'the epoch of the pre-training'
    # Before its first step the pre-training has the untrained encoder of the same seed.
    assert untrained['mean'] == pytest.approx(100 * log['0'])
    assert untrained['last_epoch'] is untrained['best'] is untrained['seconds'] is None


def test_untrained_means_that_no_weights_are_loaded(small, monkeypatch):
    loaded = []
    original = Runner.load_checkpoint
    monkeypatch.setattr(Runner, 'load_checkpoint', lambda runner, *args, **kwargs: (
        loaded.append(Path(runner.work_dir).name), original(runner, *args, **kwargs))[1])
    small(tasks=['linear', 'knn', 'finetune']).run({})
    assert loaded == ['linear', 'knn', 'finetune']


def test_seeds_and_draws_are_all_in_the_row(small):
    benchmark = small('hico_pku1', tasks=['semi'], labels=[0.5], seeds=2, draws=2, untrained=False)
    row, = benchmark.run({})
    steps = [folder(benchmark.out, f'semi_0.5_draw{draw}', 'hico_pku1', seed)
             for seed in range(2) for draw in range(2)]
    assert row['values'] == [json.loads((step / 'result.json').read_text())['value'] for step in steps]
    draws = [json.loads((step / 'labelled_sequences.json').read_text())['frame_dirs'] for step in steps]
    assert draws[0] == draws[2] != draws[1] == draws[3], 'seeds share the draws'


def test_transfer_shares_the_pretraining_of_its_source(small, runs):
    rows = small('hico_pku1 hico_pku1_to_pku2', tasks=['knn'], untrained=False).run({})
    assert [key for key in runs if key[0] == 'train'] == [('train', 'hico_pku1/seed_0/pretrain')]
    source, transfer = rows
    assert source['best'] is not None and transfer['best'] is None
    # The same encoder and as many epochs, whichever config comes first.
    assert source['seconds'] == transfer['seconds'] and transfer['last_epoch'] == 2

    runs.clear()
    alone = small('hico_pku1_to_pku2', out='alone', tasks=['knn'], untrained=False)
    assert alone.run({})[0]['values'] == transfer['values']
    later = small('hico_pku1', out='alone', tasks=['knn'], untrained=False)
    later.check()
    assert later.run({})[1]['values'] == source['values']
    assert [key for key in runs if key[0] == 'train'] == [('train', 'hico_pku1/seed_0/pretrain')]


def test_checkpoints_take_the_place_of_the_pretraining(small, runs):
    source = small(seeds=2, tasks=['knn'], untrained=False)
    row, = source.run({})
    checkpoints = [str(folder(source.out, 'pretrain', seed=seed) / 'epoch_2.pth') for seed in range(2)]
    runs.clear()
    taken = small(out='taken', seeds=2, tasks=['knn'], untrained=False, checkpoints=checkpoints)
    taken.check()
    result, = taken.run({})
    assert result['values'] == row['values'] and not any(kind == 'train' for kind, _ in runs)
    assert result['last_epoch'] is result['seconds'] is result['best'] is None


@pytest.mark.parametrize('checkpoints, expected', [
    ('a', 'aaaa'), ('ab', 'abab'), ('abcd', 'abcd'),
])
def test_checkpoints_go_by_seed_and_then_by_config(small, checkpoints, expected):
    benchmark = small('hico_demo hico_pku1', seeds=2, checkpoints=list(checkpoints))
    assert ''.join(benchmark._given_checkpoint(name, seed)
                   for name in benchmark.cfgs for seed in range(2)) == expected


def test_fusion_row_is_the_fusion_of_the_streams(small):
    names = 'hico_ntu60 hico_ntu60_bone hico_ntu60_motion'
    benchmark = small(names, tasks=['linear'], weights=[0.6, 0.6, 0.4])
    benchmark.check()
    fused, untrained = (row for row in benchmark.run({}) if row['task'] == 'fusion')
    assert fused['config'] == names.replace(' ', '+') and fused['paper'] is None
    assert untrained['encoder'] == 'untrained'
    dumps = [load_score_dump(str(folder(benchmark.out, 'linear', name) / 'scores.pkl'))
             for name in names.split()]
    right = 0
    for samples in zip(*dumps, strict=True):
        total = sum(weight * sample['pred_score'].double() for weight, sample in zip(
            (0.6, 0.6, 0.4), samples, strict=True))
        right += int(total.argmax()) == int(samples[0]['gt_label'])
    assert fused['values'] == [100 * right / len(dumps[0])]


def test_scores_are_those_of_the_last_epoch(small):
    benchmark = small(tasks=['linear'], untrained=False)
    row, = benchmark.run({})
    scores = load_score_dump(str(folder(benchmark.out, 'linear') / 'scores.pkl'))
    assert 100 * dump_accuracy(scores)['top1'] == row['mean']


@pytest.mark.parametrize('arguments, error, message', [
    (dict(seeds=0), ValueError, '--seeds 0: expected at least 1'),
    (dict(draws=-1), ValueError, '--draws -1: expected at least 1'),
    (dict(labels=[0.1, 1.5]), ValueError, '--labels 1.5: expected fractions above 0'),
    (dict(seeds=3, checkpoints=['a', 'b']), ValueError, r'names 2 files for 3 seed\(s\) and 1 config'),
    (dict(checkpoints=['nowhere.pth']), FileNotFoundError, 'Checkpoint nowhere.pth does not exist'),
    (dict(weights=[]), ValueError, '--fuse fuses streams, but got the one config'),
    (dict(names='hico_pku1 hico_pku2', weights=[], tasks=['knn']), ValueError, 'are to run without'),
    (dict(options=dict(load_from='gone.pth')), FileNotFoundError, 'gone.pth does not exist'),
    (dict(names='hico_demo hico_pku1', options={'test_dataloader.dataset.ann_file': 'gone.pkl'}),
     FileNotFoundError, 'Annotation file not found: .*gone.pkl'),
])
def test_refuses_early(small, arguments, error, message, runs):
    with pytest.raises(error, match=message):
        small(**arguments).check()
    assert not runs


def test_refuses_a_task_that_a_config_does_not_have(small):
    benchmark = small('hico_demo hico_pku1', tasks=['knn', 'finetune'])
    benchmark.cfgs['hico_pku1'].pop('tasks')
    with pytest.raises(KeyError, match="hico_pku1.py has no task 'finetune'"):
        benchmark.check()
