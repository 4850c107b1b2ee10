"""SkeletonCLR goes through all tasks and through the benchmark, as HiCo does."""
import json

import pytest
import torch

from hico_mm.utils import load_checkpoint_file


@pytest.fixture
def benchmark(small):
    return small('skeletonclr_demo', tasks=['linear', 'knn', 'semi', 'finetune'], labels=[0.5], draws=1)


def test_all_tasks_with_both_encoders(benchmark, runs):
    benchmark.check()
    rows = benchmark.run({})
    assert [(row['task'], row['encoder']) for row in rows] == [('pretrain', 'pretrained'), *(
        (task, encoder) for task in ('linear', 'knn', 'semi', 'finetune')
        for encoder in ('pretrained', 'untrained'))]
    assert max(runs.values()) == 1
    folder = benchmark.out / 'skeletonclr_demo/seed_0'
    log = json.loads((folder / 'pretrain/evaluations.json').read_text())
    retrieval, untrained = (row for row in rows if row['task'] == 'knn')
    assert retrieval['mean'] == pytest.approx(100 * log['2'])
    assert untrained['mean'] == pytest.approx(100 * log['0'])

    states = {step: load_checkpoint_file(str(folder / step / 'epoch_2.pth'))['state_dict']
              for step in ('pretrain', 'linear', 'finetune')}
    for name, value in states['linear'].items():
        if name.startswith('backbone.'):  # statistics of BatchNorm included
            assert torch.equal(value, states['pretrain'][name]), name
    assert any(not torch.equal(value, states['pretrain'][name])
               for name, value in states['finetune'].items() if name.startswith('backbone.'))


def test_widths_shrink_to_those_of_a_smoke_run(small):
    cfgs = small('skeletonclr_demo skeletonclr_ntu60_2sagcn hico_demo').cfgs
    networks = [cfgs[name].model.backbone.network for name in list(cfgs)[:2]]
    assert [network.base_channels for network in networks] == [8, 8]
    assert cfgs['hico_demo'].model.backbone.hidden_channels == 16
    assert {cfg.model.queue.length for cfg in cfgs.values()} == {16}
