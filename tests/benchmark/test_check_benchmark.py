"""What a benchmark refuses before anything runs."""
import re

import pytest
import torch
from mmaction.registry import MODELS
from mmengine.config import Config

from hico_mm.benchmark.benchmark import Benchmark

SUPERVISED = 'supervised_stgcn_demo'


@pytest.mark.parametrize('arguments, error, message', [
    (dict(seeds=0), ValueError, '--seeds 0: expected at least 1'),
    (dict(draws=-1), ValueError, '--draws -1: expected at least 1.'),
    (dict(labels=[0.1, 1.5]), ValueError, '--labels 1.5: expected fractions above 0 and up to 1'),
    (dict(labels=[0.0]), ValueError, '--labels 0: expected'),
    (dict(tasks=['knn', 'linear', 'knn']), ValueError, '--tasks knn linear knn: name each once'),
    (dict(labels=[0.1, 0.10000001]), ValueError, '--labels 0.1 0.1: name each once'),
    (dict(checkpoints=['nowhere.pth']), FileNotFoundError, 'Checkpoint nowhere.pth does not exist'),
    (dict(names=SUPERVISED, checkpoints=['a']), ValueError, 'supervised configs take none'),
    (dict(weights=[]), ValueError, '--fuse fuses streams, but got the one config'),
    (dict(names=f'hico_demo {SUPERVISED}', weights=[]), ValueError, f"{SUPERVISED}'. have none"),
    (dict(names='hico_pku1 hico_pku2', weights=[]), ValueError, 'streams of the same sequences, but '),
    (dict(options=dict(load_from='gone.pth')), FileNotFoundError, 'gone.pth does not exist'),
    (dict(names='hico_demo hico_pku1', options={'test_dataloader.dataset.ann_file': 'gone.pkl'}),
     FileNotFoundError, 'Annotation file not found: .*gone.pkl'),
    (dict(names=SUPERVISED, options=dict(val_evaluator=None)), ValueError, r"lacks \['val_evaluator'\]"),
    (dict(options=dict(test_cfg=None), tasks=['knn']), ValueError, 'hico_demo.py has no retrieval'),
    (dict(options={'tasks.linear.train_cgf.max_epochs': 2}), ValueError,
     "train_cgf.max_epochs: hico_demo_linear.py has no 'train_cgf'. Did you mean"),
])
def test_refuses_early(small, arguments, error, message, runs, monkeypatch):
    benchmark = small(**arguments)
    if 'gone.pkl' in message:  # the small configs have a file of their own
        benchmark.cfgs['hico_pku1'].test_dataloader.dataset.ann_file = 'gone.pkl'
    with pytest.raises(error, match=message):
        benchmark.check()
    assert not runs


def test_a_checkpoint_of_another_encoder_is_refused(small, tmp_path):
    benchmark = small(checkpoints=[str(tmp_path / 'other.pth')])
    cfg = benchmark.cfgs['hico_demo'].model.backbone
    other = MODELS.build(dict(cfg, hidden_channels=2 * cfg.hidden_channels))
    torch.save(dict(state_dict={f'backbone.{name}': value for name, value in
                                other.state_dict().items()}), benchmark.checkpoints[0])
    with pytest.raises(ValueError, match='other.pth does not fit the model: .* another shape'):
        benchmark.check()


def with_checkpoints(number, seeds, configs, tmp_path):
    cfgs = {str(n): Config(dict(model=dict())) for n in range(configs)}
    return Benchmark(cfgs, tmp_path, seeds=seeds, checkpoints=list('abcdefghi'[:number]))


@pytest.mark.parametrize('number, seeds, configs, message', [
    (2, 3, 1, 'names 2 files for 3 seed(s) and 1 config(s). Name one, one per seed (3)'),
    (3, 1, 2, 'one per seed for each config in turn (2)'),
    (2, 2, 2, 'names 2 files, which may be one per seed or one per config. Name seeds x configs = 4'),
])
def test_refuses_a_number_of_checkpoints_that_fits_nothing(number, seeds, configs, message, tmp_path):
    with pytest.raises(ValueError, match=re.escape(message)):
        with_checkpoints(number, seeds, configs, tmp_path).check()


@pytest.mark.parametrize('number, seeds, configs, expected', [
    (1, 3, 2, 'aaaaaa'), (3, 3, 2, 'abcabc'), (6, 3, 2, 'abcdef'), (2, 1, 2, 'ab'), (1, 2, 1, 'aa')])
def test_checkpoints_go_by_seed_and_then_by_config(number, seeds, configs, expected, tmp_path):
    benchmark = with_checkpoints(number, seeds, configs, tmp_path)
    benchmark._check_number_of_checkpoints()
    benchmark.cfgs = {'supervised': Config(dict(model=dict(cls_head={}))), **benchmark.cfgs}
    assert ''.join(benchmark._given_checkpoint(str(n), seed)
                   for n in range(configs) for seed in range(seeds)) == expected
