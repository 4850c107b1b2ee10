"""Fusion of linear evaluations."""
import pickle

import pytest
import torch
from mmengine.config import Config

from hico_mm.benchmark.jobs import Job
from hico_mm.benchmark.records import read_result
from hico_mm.benchmark.run import check_fusion, fuse_linear, fusion_name

SCORES = dict(  # two sequences, two classes
    joint=[[3.0, 0.0], [0.0, 1.0]],
    bone=[[0.0, 1.0], [0.0, 1.0]],
    motion=[[0.0, 3.0], [2.0, 0.0]])
LABELS = [0, 1]


@pytest.fixture
def out(tmp_path):
    for config, scores in SCORES.items():
        path = tmp_path / config / 'seed_1/linear/scores.pkl'
        path.parent.mkdir(parents=True)
        dump = [dict(pred_score=torch.tensor(score), gt_label=torch.tensor([label]), frame_dir=str(i))
                for i, (score, label) in enumerate(zip(scores, LABELS, strict=True))]
        path.write_bytes(pickle.dumps(dump))
    return tmp_path


@pytest.mark.parametrize('weights, value', [
    ([1, 1, 0], 100.0),  # 3 : 1 and 0 : 2
    ([1, 1, 0.6], 100.0),  # 3 : 2.8 and 1.2 : 2
    ([1, 0.6, 1], 0.0),  # 3 : 3.6 and 2 : 1.6
    ([0, 0, 1], 0.0),
])
def test_scores_are_added_by_weight(out, weights, value):
    job = Job('fused', 1, 'fusion')
    result = fuse_linear(job, out, list(SCORES), weights)
    assert result['value'] == value
    assert result['best'] is result['last_epoch'] is None
    assert read_result(out / 'fused/seed_1/fusion') == result


@pytest.mark.parametrize('weights', [[], [2, 2, 2]])
def test_equal_weights(out, weights):
    path = out / 'joint/seed_1/linear/scores.pkl'
    first, second = pickle.loads(path.read_bytes())
    first['pred_score'] = torch.tensor([5.0, 0.0])  # 5 : 4 with the others
    second['pred_score'] = torch.tensor([0.0, 0.5])  # 2 : 1.5, which is wrong
    path.write_bytes(pickle.dumps([first, second]))
    assert fuse_linear(Job('fused', 1, 'fusion'), out, list(SCORES), weights)['value'] == 50.0


TASKS = dict(joint=['linear'], bone=['linear', 'knn'])


def check(weights, tasks, **changes):
    """Check streams with the same test data, but for the changes of motion."""
    data = dict(ann_file='a.pkl', split='val', num_classes=2)
    check_fusion(weights, {name: Config(dict(val_dataloader=dict(
        dataset={**data, 'pipeline': [name], **(changes if name == 'motion' else {})})))
        for name in tasks}, tasks)


LONG = dict.fromkeys([letter * 40 for letter in 'abcdef'], ['linear'])


@pytest.mark.parametrize('weights, tasks, message', [
    ([], dict(joint=['linear']), r"one config \['joint'\]. Name one config for each stream"),
    ([], dict(TASKS, motion=['knn']), r"\['motion'\] have none in this run. Add linear to --tasks"),
    ([1, 1, 1], TASKS, r'3 weights \[1, 1, 1\] do not fit 2 streams. Give one weight for each'),
    ([1, -1], TASKS, 'must be finite, none below 0'),
    ([1, 2, 1, 1, 1, 1], LONG, 'more than 255 bytes. Fuse fewer streams'),
])
def test_refuses(weights, tasks, message):
    with pytest.raises(ValueError, match=message):
        check(weights, tasks)


def test_names_with_weights_are_longer():
    check([], LONG)
    for weights in ([], [1, 1], [0.6, 0]):
        check(weights, TASKS)
    assert fusion_name(['a', 'b'], []) == fusion_name(['a', 'b'], [2, 2]) == 'a+b'
    assert fusion_name(['a', 'b'], [0.6, 0.4]) == 'a+b (0.6 : 0.4)'


@pytest.mark.parametrize('key, value', [('ann_file', 'b.pkl'), ('split', 'test'), ('num_classes', 3)])
def test_refuses_streams_of_different_test_data(key, value):
    tasks = dict(TASKS, motion=['linear'])
    with pytest.raises(ValueError, match=f'motion is tested on .*{key}.*{value}.* and joint on .*a.pkl'):
        check([], tasks, **{key: value})
