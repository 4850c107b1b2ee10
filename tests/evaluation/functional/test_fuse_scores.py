import pickle
import re

import pytest
import torch

from hico_mm.evaluation.functional import fuse_scores

LABELS = dict(a=1, b=2)
JOINT = dict(a=[2., 0., 1.], b=[0., 3., 0.])
BONE = dict(a=[0., 4., 0.], b=[1., 1., 1.])
MOTION = dict(a=[1., 0., 1.], b=[0., 0., 4.])


def dump(scores, labels=LABELS, names=True):
    """Predictions in the form that MMEngine dumps."""
    samples = [dict(pred_score=torch.tensor(score), pred_label=torch.tensor([0]),
                    gt_label=torch.tensor([labels[name]]), frame_dir=name, num_classes=3)
               for name, score in scores.items()]
    return samples if names else [{key: value for key, value in sample.items() if key != 'frame_dir'}
                                  for sample in samples]


def backwards(scores):
    return dict(reversed(scores.items()))


@pytest.mark.parametrize('weights, a, b', [
    (None, [1, 4 / 3, 2 / 3], [1 / 3, 4 / 3, 5 / 3]),
    ([1, 1, 1], [1, 4 / 3, 2 / 3], [1 / 3, 4 / 3, 5 / 3]),
    ([0.6, 0.6, 0.4], [1, 1.5, 0.625], [0.375, 1.5, 1.375]),
    ([2, 0, 0], [2, 0, 1], [0, 3, 0]),
])
def test_weighted_mean_of_logits(weights, a, b):
    fused = fuse_scores([dump(JOINT), dump(BONE), dump(MOTION)], weights)
    torch.testing.assert_close(fused[0]['pred_score'], torch.tensor(a, dtype=torch.float32))
    torch.testing.assert_close(fused[1]['pred_score'], torch.tensor(b, dtype=torch.float32))
    expected = [max(range(3), key=score.__getitem__) for score in (a, b)]
    assert [sample['pred_label'].tolist() for sample in fused] == [[label] for label in expected]
    assert [sample['gt_label'].tolist() for sample in fused] == [[1], [2]]
    assert [sample['frame_dir'] for sample in fused] == ['a', 'b']


def test_sequences_are_matched_by_name():
    in_order = fuse_scores([dump(JOINT), dump(BONE)])
    other_order = fuse_scores([dump(JOINT), dump(backwards(BONE))])
    assert [sample['frame_dir'] for sample in other_order] == ['a', 'b']
    for one, other in zip(in_order, other_order, strict=True):
        assert torch.equal(one['pred_score'], other['pred_score'])


def test_the_order_counts_without_names():
    fused = fuse_scores([dump(JOINT, names=False), dump(BONE)])
    assert fused[0]['pred_score'].tolist() == [1, 2, 0.5]
    with pytest.raises(ValueError, match='^stream 2 and stream 1 have labels 2 and 1 for sequence 0.'):
        fuse_scores([dump(JOINT, names=False), dump(backwards(BONE))])


def test_the_streams_stay_as_they_are():
    joint = dump(JOINT)
    fuse_scores([joint, dump(BONE)])
    assert joint[0]['pred_score'].tolist() == [2, 0, 1] and joint[0]['pred_label'].tolist() == [0]


def test_pickles_of_fused_scores_are_small():
    many = {str(number): [0.] * 100 for number in range(200)}
    samples = dump(many, dict.fromkeys(many, 0))
    fused = fuse_scores([samples, samples])
    assert len(pickle.dumps(fused)) < 2 * len(pickle.dumps(samples))


@pytest.mark.parametrize('weights, message', [
    ([1], '1 weights [1] do not fit 2 streams.'),
    ([1, 1, 1], '3 weights [1, 1, 1] do not fit 2 streams.'),
    ([0, 0], 'weights=[0, 0] must be finite, none below 0 and at least one above.'),
    ([1, -0.5], 'weights=[1, -0.5] must be finite'),
    ([1, float('nan')], 'weights=[1, nan] must be finite'),
])
def test_unfit_weights_are_refused(weights, message):
    with pytest.raises(ValueError, match='^' + re.escape(message)):
        fuse_scores([dump(JOINT), dump(BONE)], weights)


@pytest.mark.parametrize('other, message', [
    (dump(dict(a=BONE['a'])), 'bone and joint have 1 and 2 sequences. Test all streams on the same'),
    (dump(dict(a=BONE['a'], c=BONE['b']), dict(a=1, c=2)),
     'bone and joint are of different sequences, such as b. Test all streams on the same split.'),
    (dump(BONE, dict(a=1, b=0)), 'bone and joint have labels 0 and 2 for sequence b. Test all'),
    (dump(dict(a=[0., 1.], b=[1., 0.])), 'bone and joint have scores of 2 and 3 classes. Fuse'),
    ([dict(pred_label=0, gt_label=0)], "Sequence 0 of bone needs pred_score and gt_label, but has "),
])
def test_streams_that_do_not_belong_together_are_refused(other, message):
    with pytest.raises(ValueError, match='^' + re.escape(message)):
        fuse_scores([dump(JOINT), other], names=['joint', 'bone'])


def test_names_that_stand_for_several_sequences_are_refused():
    twice = dump(JOINT) + dump(JOINT)
    with pytest.raises(ValueError, match='have 4 sequences with 2 different values of frame_dir'):
        fuse_scores([twice, twice])
