import pickle

import pytest
import torch
from mmengine.evaluator import DumpResults

from hico_mm.evaluation.functional import dump_accuracy, load_score_dump


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


def test_accuracy_with_fewer_than_five_classes():
    assert dump_accuracy(samples(([0., 1.], 0), ([0., 1.], 1))) == dict(top1=0.5, top5=1, mean1=0.5)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'gone.pkl does not exist .*Write one of a trained'):
        load_score_dump(str(tmp_path / 'gone.pkl'))


@pytest.mark.parametrize('content, message', [
    (b'no pickle', 'is no readable pickle'),
    (pickle.dumps(samples(([0.], 0)))[:-20], 'is no readable pickle'),
    (pickle.dumps([]), 'is no list of predictions, but \\[\\]'),
    (pickle.dumps(dict(a=1)), 'is no list of predictions, but {.a.: 1}'),
    (pickle.dumps(3), 'is no list of predictions, but 3'),
    (pickle.dumps([dict(pred_label=1, gt_label=1)]),
     r"Sequence 0 of .* needs pred_score and gt_label, but has \['gt_label', 'pred_label'\]; retrieval"),
    (pickle.dumps([3]), 'Sequence 0 of .* needs pred_score and gt_label, but has \\[\\]'),
])
def test_other_files_are_refused(tmp_path, content, message):
    (tmp_path / 'x.pkl').write_bytes(content)
    with pytest.raises(ValueError, match=message) as error:
        load_score_dump(str(tmp_path / 'x.pkl'))
    assert 'x.pkl' in str(error.value)
