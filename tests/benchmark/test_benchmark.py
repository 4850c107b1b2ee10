"""Whole benchmarks of small experiments: what is run, what is not run again, what is refused."""
import json
import pickle
from pathlib import Path

import pytest
import torch
from mmaction.registry import MODELS
from mmengine.runner import Runner

from hico_mm.benchmark import benchmark as module
from hico_mm.benchmark.step_results import read_result
from hico_mm.evaluation.functional import dump_accuracy, load_score_dump
from hico_mm.utils import provenance


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
        ('pretrain', None, 'pretrained'), *(
            (task, labels, encoder) for task, labels in (('linear', None), ('knn', None), ('semi', 0.5),
                                                         ('finetune', None))
            for encoder in ('pretrained', 'untrained'))]
    for row in rows:
        if row['task'] != 'knn':
            assert row['last_epoch'] == 2 and row['best']['mean'] >= row['mean']
            assert row['seconds'] > 0 and row['samples_per_second'] > 0

    retrieval, untrained = (row for row in rows if row['task'] == 'knn')
    log = json.loads((folder(benchmark.out, 'pretrain') / 'evaluations.json').read_text())
    assert retrieval['mean'] == pytest.approx(100 * log['2'])
    assert retrieval['last_epoch'] == 2, 'the epoch of the pre-training'
    assert retrieval['seconds'] is retrieval['samples_per_second'] is None
    assert rows[0]['config'] == 'hico_demo' and rows[0]['values'] == [100 * log['2']]
    assert rows[0]['paper'] is None
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
    _, row = benchmark.run({})
    steps = [folder(benchmark.out, f'semi_0.5_draw{draw}', 'hico_pku1', seed)
             for seed in range(2) for draw in range(2)]
    assert row['values'] == [read_result(step)['value'] for step in steps]
    draws = [json.loads((step / 'labelled_sequences.json').read_text())['frame_dirs'] for step in steps]
    assert draws[0] == draws[2] != draws[1] == draws[3], 'seeds share the draws'


def test_transfer_shares_the_pretraining_of_its_source(small, runs):
    rows = small('hico_pku1 hico_pku1_to_pku2', tasks=['knn'], untrained=False).run({})
    assert [key for key in runs if key[0] == 'train'] == [('train', 'hico_pku1/seed_0/pretrain')]
    pretraining, source, transfer = rows
    assert pretraining['config'] == 'hico_pku1' and len(pretraining['values']) == 1, 'not once for each'
    assert source['best'] is not None and transfer['best'] is None
    # The same encoder and as many epochs, whichever config comes first.
    assert source['last_epoch'] == transfer['last_epoch'] == 2

    runs.clear()
    alone = small('hico_pku1_to_pku2', out='alone', tasks=['knn'], untrained=False)
    pretraining, row = alone.run({})
    assert pretraining['config'] == 'hico_pku1_to_pku2', 'which is what it was evaluated on'
    assert pretraining['values'] == row['values'] == transfer['values']
    later = small('hico_pku1', out='alone', tasks=['knn'], untrained=False)
    later.check()
    assert later.run({})[2]['values'] == source['values']
    assert [key for key in runs if key[0] == 'train'] == [('train', 'hico_pku1/seed_0/pretrain')]


def test_checkpoints_take_the_place_of_the_pretraining(small, runs):
    source = small(seeds=2, tasks=['knn'], untrained=False)
    _, row = source.run({})
    checkpoints = [str(folder(source.out, 'pretrain', seed=seed) / 'epoch_2.pth') for seed in range(2)]
    runs.clear()
    taken = small(out='taken', seeds=2, tasks=['knn'], untrained=False, checkpoints=checkpoints)
    taken.check()
    result, = taken.run({})
    assert result['values'] == row['values'] and not any(kind == 'train' for kind, _ in runs)
    assert result['last_epoch'] is result['seconds'] is result['best'] is None


def test_a_checkpoint_of_another_encoder_is_refused_early(small, tmp_path):
    benchmark = small(checkpoints=[str(tmp_path / 'other.pth')])
    cfg = benchmark.cfgs['hico_demo'].model.backbone
    other = MODELS.build(dict(cfg, hidden_channels=2 * cfg.hidden_channels))
    torch.save(dict(state_dict={f'backbone.{name}': value for name, value in
                                other.state_dict().items()}), benchmark.checkpoints[0])
    with pytest.raises(ValueError, match='other.pth does not fit the model: .* another shape'):
        benchmark.check()


def test_steps_without_a_result_are_still_to_come(small, monkeypatch):
    names, written = 'hico_ntu60 hico_ntu60_bone', []
    write = module.write_results
    monkeypatch.setattr(module, 'write_results', lambda out, asked, sort, pending=0: (
        written.append(pending) or write(out, asked, sort, pending)))
    small('hico_ntu60', tasks=['linear'], untrained=False).run({})
    assert written == [1, 0, 0]
    written.clear()
    both = small(names, tasks=['linear'], untrained=False, weights=[])
    both.run({})  # the other one's, and the fusion
    assert written == [2, 1, 0, 0]
    written.clear()
    both.run({})
    assert written == [0]


@pytest.mark.parametrize('checkpoints, expected', [
    ('a', 'aaaaaa'), ('abc', 'abcabc'), ('abcdef', 'abcdef'),
])
def test_checkpoints_go_by_seed_and_then_by_config(small, checkpoints, expected):
    benchmark = small('hico_demo hico_pku1', seeds=3, checkpoints=list(checkpoints))
    assert ''.join(benchmark._given_checkpoint(name, seed)
                   for name in benchmark.cfgs for seed in range(3)) == expected


def test_fusion_row_is_the_fusion_of_the_streams(small):
    names = 'hico_ntu60 hico_ntu60_bone hico_ntu60_motion'
    arguments = dict(tasks=['linear'], weights=[0.6, 0.6, 0.4])
    benchmark = small(names, **arguments)
    benchmark.check()
    fused, untrained = (row for row in benchmark.run({}) if row['task'] == 'fusion')
    assert fused['config'] == 'hico_ntu60+hico_ntu60_bone+hico_ntu60_motion (0.6 : 0.6 : 0.4)'
    assert fused['paper'] is None and untrained['encoder'] == 'untrained'

    # The right class by 1.2 : 1, unlike by equal weights or those of another order. The first sequence
    # is wrong in every stream.
    for name, right, wrong in zip(names.split(), (1.0, 1.0, 0.0), (0.0, 0.0, 2.5), strict=True):
        path = folder(benchmark.out, 'linear', name) / 'scores.pkl'
        dump = load_score_dump(str(path))
        for index, sample in enumerate(dump):
            label = int(sample['gt_label'])
            sample['pred_score'] = torch.zeros(60)
            sample['pred_score'][label] = right if index else -1.0
            sample['pred_score'][label - 1] = wrong
        path.write_bytes(pickle.dumps(dump))
    rows = small(names, **arguments).run({})
    assert [row['values'] for row in rows if row['config'] == fused['config']][0] == [87.5]
    rows = small(names, tasks=['linear'], weights=[]).run({})
    assert {row['config']: row['values'] for row in rows
            if row['task'] == 'fusion' and row['encoder'] == 'pretrained'} == {
        fused['config']: [87.5], names.replace(' ', '+'): [0.0]}


def test_scores_are_those_of_the_last_epoch(small):
    benchmark = small(tasks=['linear'], untrained=False)
    _, row = benchmark.run({})
    scores = load_score_dump(str(folder(benchmark.out, 'linear') / 'scores.pkl'))
    assert 100 * dump_accuracy(scores)['top1'] == row['mean']


@pytest.mark.parametrize('arguments, error, message', [
    (dict(seeds=0), ValueError, '--seeds 0: expected at least 1'),
    (dict(labels=[0.1, 1.5]), ValueError, '--labels 1.5: expected fractions above 0'),
    (dict(tasks=['knn', 'knn']), ValueError, '--tasks knn knn: name each once'),
    (dict(seeds=3, checkpoints=['a', 'b']), ValueError, r'names 2 files for 3 seed\(s\) and 1 config'),
    (dict(checkpoints=['nowhere.pth']), FileNotFoundError, 'Checkpoint nowhere.pth does not exist'),
    (dict(weights=[]), ValueError, '--fuse fuses streams, but got the one config'),
    (dict(names='hico_pku1 hico_pku2', weights=[], tasks=['knn']), ValueError, 'are to run without'),
    (dict(names='hico_pku1 hico_pku2', weights=[]), ValueError, 'streams of the same sequences, but '),
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


def test_the_commit_is_that_of_the_start(small, monkeypatch):
    head = ['before']
    monkeypatch.setattr(provenance, '_git', lambda _, command, *__: (
        head[0] if command == 'rev-parse' else ''))
    provenance.code_commit.cache_clear()
    train = Runner.train
    monkeypatch.setattr(Runner, 'train', lambda runner: (head.insert(0, 'after'), train(runner)))
    benchmark = small(tasks=['knn'], untrained=False)
    rows = benchmark.run({})
    provenance.code_commit.cache_clear()
    assert [row['commit'] for row in rows] == ['before'] * 2
    result = read_result(folder(benchmark.out, 'knn'))
    assert result['device'] == provenance.device_name()
