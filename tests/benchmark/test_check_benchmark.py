"""What a benchmark refuses before anything runs."""
import re

import pytest
import torch
from mmaction.registry import MODELS
from mmengine.config import Config

from hico_mm.benchmark.benchmark import Benchmark

SUPERVISED = 'supervised_stgcn_demo'


@pytest.mark.parametrize('arguments, message', [
    (dict(seeds=0), '--seeds 0: expected at least 1'),
    (dict(draws=-1), '--draws -1: expected at least 1.'),
    (dict(labels=[0.1, 1.5]), '--labels 1.5: expected fractions below 1, .* or whole numbers'),
    (dict(labels=[0.0]), '--labels 0: expected'),
    (dict(tasks=['knn', 'linear', 'knn']), '--tasks knn linear knn: name each once'),
    (dict(labels=[0.1, 0.10000001]), '--labels 0.1 0.1: name each once'),
    (dict(checkpoints=['nowhere.pth']), 'Checkpoint nowhere.pth does not exist'),
    (dict(names=SUPERVISED, checkpoints=['a']), 'supervised configs take none'),
    (dict(names=f'hico_demo {SUPERVISED}', weights=[]), f"{SUPERVISED}'. have none"),
    (dict(options=dict(load_from='gone.pth')), 'gone.pth does not exist'),
    (dict(names='hico_demo hico_pku1', options={'test_dataloader.dataset.ann_file': 'gone.pkl'}),
     'Annotation file not found: .*gone.pkl'),
    (dict(options={'tasks.linear.train_cgf.max_epochs': 2}),
     "train_cgf.max_epochs: hico_demo_linear.py has no 'train_cgf'. Did you mean"),
    (dict(sort='speed', tasks=['semi']),
     '--sort speed: the comparison has no such column. Name one of config, semi_0.01, semi_0.1.$'),
    (dict(names=f'hico_demo {SUPERVISED}', sort='semi', costs=True),
     'one of config, linear, knn, supervised, parameters, mul'),
    # Configs that do not give what is measured.
    (dict(names=SUPERVISED, options=dict(val_dataloader=None, val_cfg=None)),
     r"stgcn_demo.py lacks \['val_dataloader', 'val_cfg'\], without which it has no acc/top1"),
    (dict(names=SUPERVISED, options=dict(val_evaluator=[dict(type='ConfusionMatrix')])),
     r"by \['ConfusionMatrix'\], which do not give acc/top1. Add dict\(type='AccMetric'\)"),
    (dict(options=dict(train_cfg=dict(by_epoch=False, max_iters=9, _delete_=True)), tasks=['knn']),
     "train_cfg={'by_epoch': False.*Train by epochs"),
    (dict(options=dict(val_evaluator=dict(type='AccMetric', _delete_=True)), tasks=['knn']),
     r"hico_demo.py is evaluated by \['AccMetric'\], which do not give knn/top1. Add .* val_evaluator"),
    (dict(options={'val_evaluator.prefix': 'near'}), 'do not give knn/top1'),
    (dict(options=dict(val_evaluator=None), tasks=['knn']), r"lacks \['val_evaluator'\].*configs/hico"),
    (dict(options=dict(test_cfg=None), tasks=['knn']), 'hico_demo.py has no retrieval'),
    (dict(options={'test_evaluator.type': 'ConfusionMatrix'}), 'not give knn/top1. .* test_evaluator'),
])
def test_refuses_early(small, arguments, message, runs):
    benchmark = small(**arguments)
    if 'gone.pkl' in message:  # the small configs have a file of their own
        benchmark.cfgs['hico_pku1'].test_dataloader.dataset.ann_file = 'gone.pkl'
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        benchmark.check()
    assert not runs


def test_a_pretraining_that_is_not_run_needs_no_metric(small):
    small(names='hico_demo', tasks=['knn'], checkpoints=['https://a/b.pth'],
          options={'val_evaluator.prefix': 'near'}).check()


def test_a_checkpoint_of_another_encoder_is_refused(small, tmp_path):
    benchmark = small(checkpoints=[str(tmp_path / 'other.pth')])
    cfg = benchmark.cfgs['hico_demo'].model.backbone
    other = MODELS.build(dict(cfg, hidden_channels=2 * cfg.hidden_channels))
    torch.save(dict(state_dict={f'backbone.{name}': value for name, value in
                                other.state_dict().items()}), benchmark.checkpoints[0])
    with pytest.raises(ValueError, match='other.pth does not fit the model: .* another shape'):
        benchmark.check()


@pytest.mark.parametrize('number, seeds, configs, message', [
    (2, 3, 1, 'names 2 files for 3 seed(s) and 1 config(s). Name one, one per seed (3)'),
    (3, 1, 2, 'one per seed for each config in turn (2)'),
    (2, 2, 2, 'names 2 files, which may be one per seed or one per config. Name seeds x configs = 4'),
    (1, 3, 2, 'aaaaaa'), (3, 3, 2, 'abcabc'), (6, 3, 2, 'abcdef'), (2, 1, 2, 'ab'), (1, 2, 1, 'aa')])
def test_checkpoints_go_by_seed_and_then_by_config(number, seeds, configs, message, tmp_path):
    cfgs = {str(n): Config(dict(model=dict())) for n in range(configs)}
    cfgs = {'supervised': Config(dict(model=dict(cls_head={}))), **cfgs}
    benchmark = Benchmark(cfgs, tmp_path, seeds=seeds, checkpoints=list('abcdefghi'[:number]))
    if ' ' in message:
        with pytest.raises(ValueError, match=re.escape(message)):
            benchmark.check()
    else:
        given = benchmark._given_checkpoints()
        assert ''.join(given[str(n), seed] for n in range(configs) for seed in range(seeds)) == message
