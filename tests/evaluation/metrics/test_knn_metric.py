import multiprocessing
import pickle

import numpy as np
import pytest
import torch
import torch.distributed

from hico_mm.evaluation import KNNMetric


def samples(features, labels):
    return [dict(feature=torch.tensor(x), gt_label=torch.tensor([y]))
            for x, y in zip(features, labels, strict=True)]


GALLERY = samples([[1., 0.], [0., 1.], [-1., 0.]], [4, 5, 6])
QUERIES = samples([[2., 1.], [1., 2.], [-3., 1.], [1., -1.1]], [4, 5, 6, 6])


def evaluate(metric, gallery, queries):
    metric.process(None, gallery)
    metric.store_gallery(3)
    metric.process(None, queries)
    return metric.evaluate(len(queries))


def test_value_and_name_and_a_gallery_for_one_evaluation():
    metric = KNNMetric()
    result = evaluate(metric, GALLERY, QUERIES)
    assert result == {'knn/top1': 0.75}
    assert type(result['knn/top1']) is float  # other types are refused when a checkpoint is loaded
    metric.process(None, QUERIES)
    with pytest.raises(ValueError, match='KNNMetric has no gallery. Use it with KNNValLoop'):
        metric.evaluate(4)


@pytest.mark.parametrize('k, expected', [(1, 0.), (3, 1.)])
def test_settings_reach_the_vote(k, expected):
    gallery = samples([[1., 0.], [9., 0.], [8., 0.]], [0, 1, 1])
    metric = KNNMetric(k=k, similarity='euclidean', prefix='other')
    assert evaluate(metric, gallery, samples([[2., 0.]], [1])) == {'other/top1': expected}


@pytest.mark.parametrize('label', [2, torch.tensor(2), torch.tensor([2]), torch.tensor([[2]])])
def test_keeps_small_float32_copies_and_labels_of_any_shape(label):
    batch = torch.zeros(1000, 2, dtype=torch.bfloat16)
    metric = KNNMetric()
    metric.process(None, [dict(feature=batch[0], gt_label=label)])
    assert metric.results[0][0].dtype == np.float32 and metric.results[0][1] == 2
    assert len(pickle.dumps(metric.results)) < 1000


@pytest.mark.parametrize('sample, error, message', [
    (dict(gt_label=torch.tensor([0])), KeyError, r"'feature', but they have \['gt_label'\]"),
    (dict(feature=torch.ones(2)), ValueError, 'data have none. Add a label .* or train with --no-val'),
    (dict(feature=torch.ones(3), gt_label=torch.tensor([0, 1])), ValueError,
     r'one label of each sequence, but one has \[0, 1\]. Give each'),
])
def test_refuses_unfit_predictions(sample, error, message):
    metric = KNNMetric()
    with pytest.raises(error, match=message):
        metric.process(None, [sample])
    assert metric.results == []


def test_refuses_incomplete_galleries():
    with pytest.raises(ValueError, match='2 of 3 gallery sequences .* drop_last=False'):
        evaluate(KNNMetric(), GALLERY[:2], QUERIES)


def _evaluate_rank(rank, folder, results):
    torch.distributed.init_process_group(
        'gloo', init_method=f'file://{folder}/store', rank=rank, world_size=2)
    metric = KNNMetric(collect_dir=f'{folder}/collect')
    # As DefaultSampler shares them out: every second one, the first ones repeated to fill up.
    metric.process(None, (GALLERY + GALLERY[:1])[rank::2])
    metric.store_gallery(3)
    metric.process(None, (QUERIES[1:] + QUERIES[1:2])[rank::2])
    results.put(metric.evaluate(3))


def test_two_ranks_give_the_value_of_one(tmp_path):
    context = multiprocessing.get_context('fork')
    results = context.Queue()
    ranks = [context.Process(target=_evaluate_rank, args=(rank, tmp_path, results))
             for rank in range(2)]
    for process in ranks:
        process.start()
    values = [results.get(timeout=60) for _ in ranks]
    for process in ranks:
        process.join()
    assert values == [{'knn/top1': pytest.approx(2 / 3)}] * 2
