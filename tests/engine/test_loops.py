import pickle

import pytest
import torch
from mmengine.hooks import Hook

from hico_mm.evaluation import knn_predict


@pytest.fixture
def build(toy_runner, toy_loader):
    """Build a runner that evaluates by the loop."""

    def build(mode, loop, gallery_size, query_size, *metrics):
        return toy_runner(**{
            f'{mode}_dataloader': toy_loader(query_size),
            f'{mode}_cfg': dict(type=loop, gallery_dataloader=toy_loader(gallery_size)),
            f'{mode}_evaluator': list(metrics)})

    return build


def expected_top1(model, gallery, queries):
    """Accuracy from the data sets and the weights, without loaders, loops or metrics."""
    features, labels = [], []
    for dataset in (gallery, queries):
        items = [dataset[i] for i in range(len(dataset))]
        features.append(model.backbone(torch.stack([item['inputs'] for item in items])).detach())
        labels.append(torch.cat([item['data_samples'].gt_label for item in items]))
    return (knn_predict(features[1], features[0], labels[0]) == labels[1]).double().mean().item()


@pytest.mark.parametrize('mode, loop_type', [('val', 'KNNValLoop'), ('test', 'KNNTestLoop')])
@pytest.mark.parametrize('sizes', [(4, 11), (20, 31)])
def test_value(build, mode, loop_type, sizes):
    runner = build(mode, loop_type, *sizes, dict(type='KNNMetric'))
    for _ in range(2):  # the second time with a new gallery
        result = getattr(runner, mode)()
    loop = getattr(runner, f'{mode}_loop')
    expected = expected_top1(
        runner.model, loop.gallery_loop.dataloader.dataset, loop.dataloader.dataset)
    assert 0 < expected < 1
    assert result == {'knn/top1': pytest.approx(expected)}
    with pytest.raises(ValueError, match=r"the evaluator has only \['AccMetric'\]"):
        getattr(build(mode, loop_type, *sizes, dict(type='AccMetric')), mode)()


def test_dump_holds_the_queries_alone(build, tmp_path):
    out = tmp_path / 'out.pkl'
    runner = build('test', 'KNNTestLoop', 7, 10, dict(type='KNNMetric'),
                   dict(type='DumpResults', out_file_path=str(out)))
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


def test_gallery_has_the_weights_of_the_queries(build):
    runner = build('val', 'KNNValLoop', 5, 5, dict(type='KNNMetric', similarity='euclidean'))
    runner.register_hook(SwapWeights())
    assert runner.val() == {'knn/top1': 1.0}  # each query finds itself
