import pickle
import re

import pytest
import torch
from mmengine.evaluator import DumpResults

from hico_mm.evaluation.functional import dump_accuracy, fuse_scores, load_score_dump

LABELS = dict(a=1, b=2)
JOINT = dict(a=[2., 0., 1.], b=[0., 3., 0.])
BONE = dict(a=[0., 4., 0.], b=[1., 1., 1.])
MOTION = dict(a=[1., 0., 1.], b=[0., 0., 4.])


def dump(scores, labels=LABELS, names=True):
    """Predictions in the form that MMEngine dumps."""
    return [dict(pred_score=torch.tensor(score), pred_label=torch.tensor([0]), num_classes=3,
                 gt_label=torch.tensor([labels[name]]), **(dict(frame_dir=name) if names else {}))
            for name, score in scores.items()]


def backwards(scores):
    return dict(reversed(scores.items()))


@pytest.mark.parametrize('weights, a, b', [
    (None, [1, 4 / 3, 2 / 3], [1 / 3, 4 / 3, 5 / 3]),
    ([0.6, 0.6, 0.4], [1, 1.5, 0.625], [0.375, 1.5, 1.375]),
    ([2, 0, 0], [2, 0, 1], [0, 3, 0]),
])
def test_weighted_mean_of_logits(weights, a, b):
    joint = dump(JOINT)
    fused = fuse_scores([joint, dump(BONE), dump(MOTION)], weights)
    torch.testing.assert_close(fused[0]['pred_score'], torch.tensor(a, dtype=torch.float32))
    torch.testing.assert_close(fused[1]['pred_score'], torch.tensor(b, dtype=torch.float32))
    expected = [max(range(3), key=score.__getitem__) for score in (a, b)]
    assert [sample['pred_label'].tolist() for sample in fused] == [[label] for label in expected]
    assert [sample['gt_label'].tolist() for sample in fused] == [[1], [2]]
    assert [sample['frame_dir'] for sample in fused] == ['a', 'b']
    # The streams stay as they are.
    assert joint[0]['pred_score'].tolist() == [2, 0, 1] and joint[0]['pred_label'].tolist() == [0]


def test_sequences_are_matched_by_name_or_else_by_order():
    in_order = fuse_scores([dump(JOINT), dump(BONE)])
    other_order = fuse_scores([dump(JOINT), dump(backwards(BONE))])
    assert [sample['frame_dir'] for sample in other_order] == ['a', 'b']
    for one, other in zip(in_order, other_order, strict=True):
        assert torch.equal(one['pred_score'], other['pred_score'])

    fused = fuse_scores([dump(JOINT, names=False), dump(BONE)])
    assert fused[0]['pred_score'].tolist() == [1, 2, 0.5]
    with pytest.raises(ValueError, match='^stream 2 and stream 1 have labels 2 and 1 for sequence 0.'):
        fuse_scores([dump(JOINT, names=False), dump(backwards(BONE))])


def test_pickles_of_fused_scores_are_small():
    many = {str(number): [0.] * 100 for number in range(200)}
    samples = dump(many, dict.fromkeys(many, 0))
    fused = fuse_scores([samples, samples])
    assert len(pickle.dumps(fused)) < 2 * len(pickle.dumps(samples))


@pytest.mark.parametrize('weights, message', [
    ([1, 1, 1], '3 weights [1, 1, 1] do not fit 2 streams.'),
    ([0, 0], 'weights=[0, 0] must be finite, none below 0 and at least one above.'),
    ([1, -0.5], 'weights=[1, -0.5] must be finite'),
    ([1, float('nan')], 'weights=[1, nan] must be finite'),
])
def test_unfit_weights_are_refused(weights, message):
    with pytest.raises(ValueError, match='^' + re.escape(message)):
        fuse_scores([dump(JOINT), dump(BONE)], weights)


@pytest.mark.parametrize('joint, bone, message', [
    (dump(JOINT), dump(dict(a=BONE['a'])),
     'bone and joint have 1 and 2 sequences. Test all streams on the same'),
    (dump(JOINT), dump(dict(a=BONE['a'], c=BONE['b']), dict(a=1, c=2)),
     'bone and joint are of different sequences, such as b. Test all streams on the same split.'),
    (dump(JOINT), dump(BONE, dict(a=1, b=0)),
     'bone and joint have labels 0 and 2 for sequence b. Test all'),
    (dump(JOINT), dump(dict(a=[0., 1.], b=[1., 0.])),
     'bone and joint have scores of 2 and 3 classes. Fuse'),
    (dump(JOINT), [dict(pred_label=0, gt_label=0)],
     'Sequence 0 of bone needs pred_score and gt_label, but has '),
    (2 * dump(JOINT), 2 * dump(JOINT),
     'joint and joint have 4 sequences with 2 different values of frame_dir'),
])
def test_streams_that_do_not_belong_together_are_refused(joint, bone, message):
    with pytest.raises(ValueError, match='^' + re.escape(message)):
        fuse_scores([joint, bone], names=['joint', 'bone'])


def samples(*scores_and_labels):
    return [dict(pred_score=torch.tensor(score), gt_label=torch.tensor([label]))
            for score, label in scores_and_labels]


def test_accuracy_of_written_scores(tmp_path):
    # Right are the 1st, 2nd and 4th of class 0, 0, 0, 1; the 3rd's label is the 6th best of 7.
    scores = samples(([1., 0, 0, 0, 0, 0, 0], 0), ([2., 1, 0, 0, 0, 0, 0], 0),
                     ([2., 7, 6, 5, 4, 3, 1], 0), ([0., 1, 0, 0, 0, 0, 0], 1))
    path = str(tmp_path / 'scores.pkl')
    writer = DumpResults(path)
    writer.process(None, scores)
    writer.evaluate(len(scores))
    assert dump_accuracy(load_score_dump(path)) == dict(
        top1=0.75, top5=0.75, mean1=pytest.approx((2 / 3 + 1) / 2))
    assert dump_accuracy(samples(([0., 1.], 0), ([0., 1.], 1))) == dict(top1=0.5, top5=1, mean1=0.5)


@pytest.mark.parametrize('content, message', [
    (b'no pickle', 'it is truncated or not a pickle .* Write one of'),
    (pickle.dumps(samples(([0.], 0)))[:-20], 'it is truncated or not a pickle .* Write one of'),
    (pickle.dumps([]), 'is no list of predictions, but \\[\\]'),
    (pickle.dumps(dict(a=1)), 'is no list of predictions, but {.a.: 1}'),
    (pickle.dumps([dict(pred_label=1, gt_label=1)]),
     r"needs pred_score and gt_label, but has \['gt_label', 'pred_label'\]"),
    (pickle.dumps([3]), 'needs pred_score and gt_label, but has \\[\\]'),
], ids=['text', 'half', 'empty', 'dict', 'features', 'numbers'])
def test_files_without_scores_are_refused(tmp_path, content, message):
    (tmp_path / 'x.pkl').write_bytes(content)
    with pytest.raises(ValueError, match=f'x.pkl .*{message}'):
        load_score_dump(str(tmp_path / 'x.pkl'))
    with pytest.raises(FileNotFoundError, match=r'gone.pkl does not exist .*Write one of a trained'):
        load_score_dump(str(tmp_path / 'gone.pkl'))
