"""The result of one training, from its log."""
import json
import multiprocessing
from types import SimpleNamespace

import pytest
from mmengine.runner import BaseLoop
from torch.utils.data import DataLoader

from hico_mm.benchmark.jobs import Job
from hico_mm.benchmark.run import _result, _stop_workers


@pytest.fixture
def runner(tmp_path):
    """A training of 3 epochs of 2 iterations: 7 samples in batches of 4."""
    records = [{'acc/top1': 0.9, 'step': 0}]
    for epoch, accuracy in ((1, 0.6), (2, 0.6), (3, 0.5)):
        records += [dict(time=0.5 if epoch > 1 else 9.5, epoch=epoch, step=2 * epoch),
                    {'acc/top1': accuracy, 'acc/top5': 1.0, 'step': epoch}]
    path = tmp_path / '20250101_000000/vis_data/scalars.json'
    path.parent.mkdir(parents=True)
    path.write_text('\n'.join(map(json.dumps, records)))
    return SimpleNamespace(
        work_dir=str(tmp_path), epoch=3, cfg=SimpleNamespace(filename='configs/a.py'),
        train_dataloader=DataLoader(list(range(7)), batch_size=4))


@pytest.mark.parametrize('iterations_before, seconds', [(0, 100.0), (4, 100.0 + 4 * 3.5)])
def test_the_value_is_that_of_the_last_epoch_and_the_best_is_the_first_of_equals(
        runner, iterations_before, seconds):
    assert _result(Job('a', 0, 'linear'), runner, 100.0, iterations_before) == dict(
        config='a', value=50.0, last_epoch=3, best=dict(value=60.0, epoch=1), seconds=seconds,
        samples_per_second=7.0)  # 3.5 in half a second, after the first log


def test_a_missing_metric_is_named_with_those_that_are_there(runner):
    with pytest.raises(KeyError, match=r"gives \['acc/top1', 'acc/top5'\], but 'knn/top1' is expected"):
        _result(Job('a', 0, 'pretrain'), runner, 1.0, 0)


def test_no_worker_outlives_its_job():
    class Loop(BaseLoop):
        def run(self):
            return list(self.dataloader)

    def loop():
        return Loop(None, DataLoader(range(2), num_workers=1, persistent_workers=True))

    test = loop()
    test.gallery_loop = loop()
    test.run(), test.gallery_loop.run()
    assert len(multiprocessing.active_children()) == 2
    _stop_workers(SimpleNamespace(_train_loop={}, _val_loop=None, _test_loop=test))
    assert multiprocessing.active_children() == []
