"""tools/analysis/fuse_scores.py."""
import pickle
import re

import pytest
import torch


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
    streams = [{sample['frame_dir']: sample for sample in pickle.loads(path.read_bytes())}
               for path in dumps]
    with open('sub/fused.pkl', 'rb') as file:
        fused = pickle.load(file)
    hits = 0
    for sample in fused:
        joint, motion, bone = (stream[sample['frame_dir']]['pred_score'] for stream in streams)
        expected = (0.6 * joint + 0.4 * motion + 0.6 * bone) / 1.6
        torch.testing.assert_close(sample['pred_score'], expected)
        hits += int(expected.argmax() == sample['gt_label'])
    assert len({sample['frame_dir'] for sample in fused}) == len(fused) == 12

    assert lines[0].split()[-3:] == ['of', '12', 'sequences']
    for path, stream, line in zip(dumps, streams, lines[1:4], strict=True):
        correct = sum(bool(sample['pred_label'] == sample['gt_label']) for sample in stream.values())
        assert line.split()[:2] == [str(path), f'{100 * correct / 12:.2f}']
    assert lines[4].split()[:3] == ['fused', '0.6:0.4:0.6', f'{100 * hits / 12:.2f}']
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
