"""tools/analysis/fuse_scores.py."""
import pickle
import re

import pytest
import torch

from hico_mm.evaluation.functional import dump_accuracy, fuse_scores, load_score_dump


@pytest.fixture
def dumps(tmp_path):
    """Predictions of classifiers of three streams on 12 sequences of 6 classes, in any order."""
    paths = [tmp_path / f'{stream}.pkl' for stream in ('joint', 'motion', 'bone')]
    for path in paths:
        scores = torch.randn(12, 6)
        path.write_bytes(pickle.dumps([
            dict(frame_dir=str(i), pred_score=scores[i], pred_label=scores[i].argmax()[None],
                 gt_label=torch.tensor([i % 6])) for i in torch.randperm(12).tolist()]))
    return paths


def test_each_stream_and_their_mean(call, dumps):
    lines = call('analysis/fuse_scores', *dumps, '--weights', '0.6', '0.4', '0.6', '--out',
                 'sub/fused.pkl').splitlines()
    streams = [load_score_dump(path) for path in dumps]
    fused = fuse_scores(streams, [0.6, 0.4, 0.6])
    for sample, expected in zip(load_score_dump('sub/fused.pkl'), fused, strict=True):
        assert sample['frame_dir'] == expected['frame_dir']
        assert sample['pred_score'].equal(expected['pred_score'])

    assert lines[0].split()[-3:] == ['of', '12', 'sequences']
    for name, samples, line in zip([*dumps, 'fused 0.6:0.4:0.6'], [*streams, fused], lines[1:5],
                                   strict=True):
        accuracy = dump_accuracy(samples)
        assert line.split() == [*str(name).split(), *(f'{100 * accuracy[key]:.2f}'
                                                      for key in ('top1', 'top5', 'mean1'))]
    assert lines[5] == 'Predictions: sub/fused.pkl'
    again = call('analysis/fuse_scores', 'sub/fused.pkl').splitlines()
    assert again[2].split()[:2] == ['fused', '1']
    assert again[1].split()[1:] == again[2].split()[2:] == lines[4].split()[2:], 'can be read again'


@pytest.mark.parametrize('argv, message', [
    (['joint.pkl', 'gone.pkl'], 'error: .*gone.pkl does not exist'),
    (['joint.pkl', 'bone.pkl', '--weights', '1'], r'error: 1 weights \[1.0\] do not fit 2 streams'),
    (['joint.pkl', '--out', 'joint.pkl/fused.pkl'], 'error: .*cannot be made or written'),
])
def test_what_does_not_fit_is_refused(fail, dumps, argv, message):
    assert re.match(message, fail('analysis/fuse_scores', *argv))
