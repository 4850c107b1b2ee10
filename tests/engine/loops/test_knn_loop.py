import pickle

import pytest
import torch
from mmengine.hooks import Hook

from hico_mm.evaluation import knn_predict


def expected_top1(runner, gallery_size, query_size, toy_loader):
    """Accuracy from the data sets and the weights, without loaders, loops or metrics."""
    sets = []
    for size in (gallery_size, query_size):
        dataset = runner.build_dataloader(toy_loader(size)).dataset
        items = [dataset[i] for i in range(size)]
        points = torch.stack([item['inputs'] for item in items])
        labels = torch.cat([item['data_samples'].gt_label for item in items])
        sets.append((runner.model.backbone(points).detach(), labels))
    (gallery, gallery_labels), (query, labels) = sets
    return (knn_predict(query, gallery, gallery_labels) == labels).double().mean().item()


def evaluation(mode, toy_loader, gallery_size, query_size, loop, evaluator):
    return {
        f'{mode}_dataloader': toy_loader(query_size),
        f'{mode}_cfg': dict(type=loop, gallery_dataloader=toy_loader(gallery_size)),
        f'{mode}_evaluator': evaluator
    }


@pytest.mark.parametrize('mode, loop', [('val', 'KNNValLoop'), ('test', 'KNNTestLoop')])
@pytest.mark.parametrize('sizes', [(4, 11), (20, 31)])
def test_value(toy_runner, toy_loader, mode, loop, sizes):
    runner = toy_runner(**evaluation(mode, toy_loader, *sizes, loop, dict(type='KNNMetric')))
    expected = expected_top1(runner, *sizes, toy_loader)
    assert 0 < expected < 1
    for _ in range(2):  # the second time with a new gallery
        assert getattr(runner, mode)() == {'knn/top1': pytest.approx(expected)}


def test_dump_holds_the_queries_alone(toy_runner, toy_loader, tmp_path):
    out = tmp_path / 'out.pkl'
    runner = toy_runner(**evaluation(
        'test', toy_loader, 7, 10, 'KNNTestLoop',
        [dict(type='KNNMetric'), dict(type='DumpResults', out_file_path=str(out))]))
    runner.test()
    dumped = pickle.loads(out.read_bytes())
    dataset = runner.test_dataloader.dataset
    assert [x['gt_label'].item() for x in dumped] == [
        dataset[i]['data_samples'].gt_label.item() for i in range(10)]
    torch.testing.assert_close(dumped[9]['feature'],
                               runner.model.backbone(dataset[9]['inputs']).detach())


class SwapWeights(Hook):
    """Evaluates other weights than the trained ones, as EMAHook does."""

    def before_val_epoch(self, runner):
        self.trained = runner.model.backbone.weight.data.clone()
        runner.model.backbone.weight.data.copy_(torch.eye(4, 2))

    def after_val_epoch(self, runner, metrics=None):
        runner.model.backbone.weight.data.copy_(self.trained)


def test_gallery_has_the_weights_of_the_queries(toy_runner, toy_loader):
    runner = toy_runner(**evaluation('val', toy_loader, 5, 5, 'KNNValLoop',
                                     dict(type='KNNMetric', similarity='euclidean')))
    runner.register_hook(SwapWeights())
    assert runner.val() == {'knn/top1': 1.0}  # each query finds itself


@pytest.mark.parametrize('mode, loop', [('val', 'KNNValLoop'), ('test', 'KNNTestLoop')])
def test_refuses_evaluators_without_knn(toy_runner, toy_loader, mode, loop):
    runner = toy_runner(**evaluation(mode, toy_loader, 7, 10, loop, dict(type='AccMetric')))
    with pytest.raises(ValueError, match=r"the evaluator has only \['AccMetric'\]"):
        getattr(runner, mode)()
