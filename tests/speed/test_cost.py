import copy
import os
from functools import partial
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from hico_mm.speed import cost
from hico_mm.speed.cost import Subject, make_train_step, measure_costs
from hico_mm.speed.peak_memory import CLEAR_REFS

CONFIGS = Path(__file__).parents[2] / 'configs'


@pytest.fixture(scope='module')
def files():
    return {name: Config.fromfile(CONFIGS / f'{name}.py') for name in (
        'hico_demo', 'skeletonclr_demo', 'supervised_stgcn_demo')}


@pytest.fixture
def cfgs(files):
    """Small configs: HiCo, and one network of MMAction2 without and with labels."""
    cfgs = copy.deepcopy(files)
    cfgs['hico_demo'].model.backbone.hidden_channels = 8
    small = dict(num_stages=2, inflate_stages=[], down_stages=[2])
    cfgs['skeletonclr_demo'].model.backbone.network.update(small)
    cfgs['supervised_stgcn_demo'].model.update(cls_head=dict(
        type='GCNHead', num_classes=24, in_channels=8))
    cfgs['supervised_stgcn_demo'].model.backbone.update(small)
    for cfg in cfgs.values():
        cfg.train_dataloader.batch_size = 2
    return cfgs


def test_all_kinds_of_configs(cfgs, monkeypatch):
    monkeypatch.setattr(cost, 'peak_mebibytes', lambda make_step, device: make_step()() or 7.5)
    before = {name: cfg.to_dict() for name, cfg in cfgs.items()}
    costs = measure_costs(cfgs, rounds=1)

    assert list(costs) == list(cfgs)
    for name, row in costs.items():
        assert list(row) == ['parameters', 'multiply_adds', 'training_samples_per_second',
                             'inference_samples_per_second', 'training_memory_mib', 'settings']
        assert min(row['training_samples_per_second'], row['inference_samples_per_second']) > 0
        assert row['settings']['batch_size'] == 2
        assert cfgs[name].to_dict() == before[name]
    # Of the encoder alone, whatever trains it.
    stgcn, pooled = costs['supervised_stgcn_demo'], costs['skeletonclr_demo']
    assert stgcn['parameters'] == pooled['parameters'] == sum([
        2 * 3 * 25,  # BatchNorm of the input
        2 * 3 * 25 * 25,  # a graph of three subsets in each stage
        24 * 3 + 24 + 24 * 8 + 24, 2 * 2 * 8,  # graph convolutions
        3 * 8 + 8 + 2 * 8,  # around the first
        2 * (9 * 8 * 8 + 8 + 2 * 8),  # convolutions in time
        8 * 8 + 8 + 2 * 8])  # around the second stage
    assert stgcn['multiply_adds'] == pooled['multiply_adds'] > costs['hico_demo']['multiply_adds']


@pytest.mark.skipif(not CLEAR_REFS.exists(), reason='memory is read from Linux')
def test_memory_of_an_encoder_that_only_the_config_knows(cfgs, tmp_path, monkeypatch):
    (tmp_path / 'own_encoder.py').write_text('''
from hico_mm.models.backbones import HiCoEncoder
from mmaction.registry import MODELS

MODELS.register_module(name='OwnEncoder', module=HiCoEncoder)
''')
    monkeypatch.setenv('PYTHONPATH', str(tmp_path), prepend=os.pathsep)
    cfg = cfgs['hico_demo']
    cfg.model.backbone.type = 'OwnEncoder'
    cfg.custom_imports = dict(imports=['own_encoder'])
    assert 0.1 < cost.peak_mebibytes(partial(make_train_step, cfg, 'cpu'), 'cpu') < 50


def test_numbers_from_the_times(cfgs, monkeypatch):
    given = []

    def time_interleaved(forms, rounds, clock, wait):
        given.append((list(forms), rounds, clock))
        for form in forms.values():
            form()
        times = [0.5, 0.1, 0.4] if len(given) == 1 else [0.02, 0.01, 0.5]  # training comes first
        return {name: times for name in forms}

    monkeypatch.setattr(cost, 'time_interleaved', time_interleaved)
    monkeypatch.setattr(cost, 'peak_mebibytes', lambda make_work, device: 7.5)
    row = measure_costs({'a': cfgs['hico_demo']}, rounds=3, clock='cpu')['a']

    assert given == [(['a'], 3, 'cpu')] * 2
    assert row['training_samples_per_second'] == pytest.approx(2 / 0.4)
    assert row['inference_samples_per_second'] == pytest.approx(2 / 0.02)
    assert row['training_memory_mib'] == 7.5
    assert row['settings'] == dict(
        batch_size=2, device=cost.device_name(), rounds=3, clock='cpu', threads=torch.get_num_threads())


def test_a_step_trains_and_encoding_does_not(cfgs):
    subject = Subject(cfgs['hico_demo'], 'cpu')
    weights = subject.model.backbone.state_dict()
    first = {name: value.clone() for name, value in weights.items()}
    subject.encode()
    assert all(torch.equal(weights[name], value) for name, value in first.items())
    subject.train_step()
    assert not all(torch.equal(weights[name], value) for name, value in first.items())
    assert subject.sequences.shape == (2, 2, 64, 25, 3)


def test_the_encoder_is_in_eval_mode_and_sees_every_sequence_once(cfgs, monkeypatch):
    seen = []

    class Watched(Subject):
        def encode(self):
            self.model.backbone.register_forward_hook(lambda part, inputs, output: seen.append(
                (part.training, len(inputs[0]), output['instance'].requires_grad)))
            super().encode()

    monkeypatch.setattr(cost, 'Subject', Watched)
    monkeypatch.setattr(cost, 'time_interleaved', lambda forms, *_: (
        [form() for form in forms.values()], {name: [1.0] for name in forms})[1])
    monkeypatch.setattr(cost, 'peak_mebibytes', lambda make_work, device: None)
    monkeypatch.setattr(cost, 'count_multiply_adds', lambda model, inputs: len(inputs))

    assert measure_costs({'a': cfgs['hico_demo']})['a']['multiply_adds'] == 1  # one sequence
    assert seen == [(False, 2, False)]


def test_no_round_measures_nothing(cfgs):
    with pytest.raises(ValueError, match='rounds=0 measures nothing. Give 1 or more.'):
        measure_costs(cfgs, rounds=0)
