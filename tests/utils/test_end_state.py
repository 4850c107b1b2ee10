import json
from copy import deepcopy

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer

from hico_mm.utils.end_state import find_difference, read_end_state, read_log

ZERO, MINUS_ZERO, NAN = torch.tensor([1., 0.]), torch.tensor([1., -0.]), torch.tensor([1., np.nan])


def log(folder, time, *records, end=''):
    path = folder / time / 'vis_data/scalars.json'
    path.parent.mkdir(parents=True)
    path.write_text('\n'.join(map(json.dumps, records)) + end)


def save(path, clock, weight=1., **info):
    scalars = {'train/loss': HistoryBuffer([weight], [1]), 'train/time': HistoryBuffer([clock], [1]),
               'val/data_time': HistoryBuffer([clock], [1]), 'train/memory': HistoryBuffer([clock], [1])}
    torch.save(dict(
        meta=dict(epoch=2, iter=6, cfg=f'{clock}', time=f'{clock}', experiment_name=f'{clock}'),
        state_dict=dict(weight=torch.tensor([weight])),
        message_hub=dict(
            log_scalars=scalars, resumed_keys={f'{clock}': True},
            runtime_info=dict(epoch=clock, iter=clock, eta=clock, cfg=f'{clock}',
                              experiment_name=f'{clock}', last_ckpt=str(path), **info))), path)


def test_log_of_a_killed_and_a_resumed_training(tmp_path):
    train = [dict(epoch=1, iter=i, step=i, loss=i / 2, time=i, memory=i) for i in (1, 2)]
    log(tmp_path, '20200102_000000', dict(train[1], time=7.), {'knn/top1': 0.5, 'step': 1})
    log(tmp_path, '20200101_000000', *train, end='\n{"loss": 0.')
    assert [record['step'] for record in read_log(tmp_path)] == [1, 2, 2, 1]
    expected = {'iteration 1': [dict(epoch=1, iter=1, step=1, loss=0.5)],
                'iteration 2': [dict(epoch=1, iter=2, step=2, loss=1.)],
                'evaluation 1': [{'knn/top1': 0.5, 'step': 1}]}
    assert read_end_state(tmp_path) == dict(log=expected)
    log(tmp_path, '20200103_000000', {'knn/top1': 0.25, 'step': 1})
    assert read_end_state(tmp_path)['log']['evaluation 1'] == [
        {'knn/top1': 0.5, 'step': 1}, {'knn/top1': 0.25, 'step': 1}]


@pytest.mark.parametrize('changes, difference', [
    ({}, None), (dict(best_score=0.5), 'epoch_2.pth.message_hub.runtime_info.best_score is too much'),
    (dict(weight=2.), 'epoch_2.pth.state_dict.weight: 1 of 1 numbers differ'),
])
def test_names_clocks_and_memory_do_not_matter(tmp_path, changes, difference):
    for clock, options in enumerate([{}, changes]):
        (tmp_path / f'{clock}').mkdir()
        save(tmp_path / f'{clock}/epoch_2.pth', clock, **options)
    states = [read_end_state(tmp_path / f'{clock}') for clock in (0, 1)]
    assert find_difference(*states) == difference


def test_checkpoints_of_other_names(tmp_path):
    for name in ('epoch_2', 'best_knn_top1_epoch_2'):
        save(tmp_path / f'{name}.pth', 0)
    both = read_end_state(tmp_path)
    (tmp_path / 'epoch_2.pth').unlink()
    assert find_difference(both, read_end_state(tmp_path)) == 'epoch_2.pth is missing'


@pytest.mark.parametrize('state', [
    dict(a=[1, (2., 'b')], c=None), NAN, [NAN.double(), torch.tensor(True), torch.zeros(0, 2)],
    np.array([1., np.nan]), dict(nan=float('nan')), torch.ones(3, 2).T, torch.ones(2).bfloat16(),
])
def test_the_same(state):
    assert find_difference(state, deepcopy(state)) is None


@pytest.mark.parametrize('expected, found, difference', [
    (dict(a=1), dict(b=1), 'x.a is missing'),
    (dict(a=1), dict(a=1, b=2), 'x.b is too much'),
    (dict(a=[1, 2]), dict(a=[1, 3]), 'x.a[1] is 3 instead of 2'),
    ([1], [1, 2], 'x has 2 entries instead of 1'),
    (1, 1., 'x is 1.0 instead of 1'),
    (1., float('nan'), 'x is nan instead of 1.0'),
    (ZERO, MINUS_ZERO, 'x: 1 of 2 numbers differ'),
    (ZERO, ZERO + 1e-7, 'x: 2 of 2 numbers differ'),
    (ZERO, NAN, 'x: 1 of 2 numbers differ'),
    (ZERO, ZERO.double(), 'x is torch.float64 (2,) instead of torch.float32 (2,)'),
    (ZERO, ZERO[None], 'x is torch.float32 (1, 2) instead of torch.float32 (2,)'),
    (np.zeros(2), np.array([0., 1.]), 'x: 1 of 2 numbers differ'),
    (HistoryBuffer([1., 2.], [1, 1]), HistoryBuffer([1., 3.], [1, 1]), 'x[0]: 1 of 2 numbers differ'),
    (HistoryBuffer([1.], [1]), HistoryBuffer([1.], [2]), 'x[1]: 1 of 1 numbers differ'),
])
def test_the_first_difference(expected, found, difference):
    assert find_difference(expected, found, 'x') == difference
