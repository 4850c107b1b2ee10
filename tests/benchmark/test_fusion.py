"""Fusion of linear evaluations."""
import pickle

import pytest
import torch

from hico_mm.benchmark.fusion import check_fusion, fuse_linear
from hico_mm.benchmark.steps import Step

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
    ([], 0.0),  # sums 3 : 4 and 2 : 2, and of equals the second
    ([1, 1, 0], 100.0),  # 3 : 1 and 0 : 2
    ([1, 1, 0.6], 100.0),  # 3 : 2.8 and 1.2 : 2
    ([0, 0, 1], 0.0),
])
def test_scores_are_added_by_weight(out, weights, value):
    if not weights:
        path = out / 'joint/seed_1/linear/scores.pkl'
        dump = pickle.loads(path.read_bytes())
        dump[1]['pred_score'] = torch.tensor([0.0, 0.5])  # 2 : 1.5
        path.write_bytes(pickle.dumps(dump))
    (step, result), = fuse_linear(out, list(SCORES), 1, ['pretrained'], weights)
    assert step == Step('joint+bone+motion', 1, 'fusion')
    assert result['value'] == value
    assert result['best'] is result['last_epoch'] is None


TASKS = dict(joint=['linear'], bone=['linear', 'knn'])


@pytest.mark.parametrize('weights', [[], [1, 1], [0.6, 0]])
def test_accepts_weights(weights):
    check_fusion(weights, TASKS)


@pytest.mark.parametrize('weights, tasks, message', [
    ([], dict(joint=['linear']), r"one config \['joint'\]. Name one config for each stream"),
    ([], dict(TASKS, motion=['knn']), r"\['motion'\] are to run without. Add linear to --tasks"),
    ([1, 1, 1], TASKS, '3 weights do not fit 2 configs. Give one for each'),
    ([1, -1], TASKS, 'expected finite weights, none below 0'),
    ([0, 0], TASKS, 'at least one above'),
    ([1, float('nan')], TASKS, 'expected finite weights'),
])
def test_refuses(weights, tasks, message):
    with pytest.raises(ValueError, match=message):
        check_fusion(weights, tasks)
