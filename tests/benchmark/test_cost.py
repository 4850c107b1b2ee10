"""What encoders cost, counted by hand where it can be counted."""
import copy
import importlib
import os
import pickle
from functools import partial

import pytest
import torch
from mmaction.registry import MODELS
from mmengine.config import Config
from torch import nn

from hico_mm.benchmark import cost
from hico_mm.benchmark.cost import (
    CLEAR_REFS,
    Subject,
    analyze,
    make_samples,
    make_train_step,
    measure_costs,
    peak_mebibytes,
    ratio,
    time_interleaved,
)
from hico_mm.models.backbones import HiCoEncoder
from hico_mm.models.common import S2SGRU, S2SLSTM, S2STransformer
from hico_mm.utils import find_config, load_config

N, S, D = 3, 7, 12
NORM = 5  # MMEngine's estimate of an affine LayerNorm for each value
needs_linux = pytest.mark.skipif(not CLEAR_REFS.exists(), reason='memory is read from Linux')


def test_forms_take_turns_and_the_first_round_does_not_count(monkeypatch):
    now, calls = [0.0], []

    def form(name, seconds):
        calls.append(name)
        now[0] += seconds * len(calls)

    monkeypatch.setitem(cost.CLOCKS, 'cpu', lambda: now[0])
    seconds = time_interleaved(dict(a=partial(form, 'a', 1), b=partial(form, 'b', 10)), 2, 'cpu')

    assert calls == ['b', 'a', 'a', 'b', 'b', 'a']
    assert seconds == dict(a=[3, 6], b=[40, 50])


def test_waits_for_the_device_before_and_after_each_form():
    events = []
    time_interleaved(dict(a=lambda: events.append('form')), rounds=1, wait=lambda: events.append('wait'))
    assert events == ['wait', 'form', 'wait'] * 2


def test_ratio_of_the_rounds():
    assert ratio([2.0, 9.0, 8.0], [2.0, 3.0, 4.0]) == '2.000 (1.000 to 3.000)'


WORK = """
import os
import torch

MEBIBYTE = 2**18  # numbers


def make_work():
    torch.ones(31 * MEBIBYTE)  # by default, smaller tensors come from the heap from here on
    gaps, kept = [], []
    for size in 3 * (15, 15, 30, 30):  # gaps of 30 and 60 MiB once they are freed
        gaps.append(torch.ones(size * MEBIBYTE))
        if len(gaps) % 2 == 0:
            kept.append(torch.ones(MEBIBYTE))
    del gaps

    def work():
        torch.ones(50 * MEBIBYTE)  # and given back
        torch.ones(20 * MEBIBYTE)
        assert len(kept) == 6 and torch.get_num_threads() == int(os.environ['THREADS'])

    torch.ones(90 * MEBIBYTE)  # an earlier peak
    return work
"""


@needs_linux
def test_peak_is_that_of_the_work_alone(tmp_path, monkeypatch):
    (tmp_path / 'work_to_measure.py').write_text(WORK)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv('THREADS', str(torch.get_num_threads()))
    before = dict(os.environ)
    assert 49 < peak_mebibytes(importlib.import_module('work_to_measure').make_work, 'cpu') < 55
    assert os.environ == before


def test_memory_that_nobody_records(monkeypatch, tmp_path):
    monkeypatch.setattr(cost, 'CLEAR_REFS', tmp_path / 'none')
    assert peak_mebibytes(None, 'cpu') is None


class Function(nn.Module):
    """A module of one function, as the counter takes modules only."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *inputs):
        return self.function(*inputs)


def count(model, inputs):
    model = model if isinstance(model, nn.Module) else Function(model)
    return int(analyze(model, inputs).total())


def of_rnn(tokens, channels, gates):
    """One bidirectional layer: each direction has ``channels / 2`` hidden units."""
    hidden = channels // 2
    return 2 * gates * tokens * (hidden * channels + hidden * hidden)  # from input, from hidden


def of_attention(tokens, channels):
    """Scores of each token with each, and their sums of values, in one sequence, by any heads."""
    return 2 * tokens * tokens * channels


def of_transformer(tokens, channels):
    """Projections to query, key, value and back, two feed-forward layers as wide as D, two norms."""
    projections = 6 * tokens * channels * channels
    return projections + of_attention(tokens, channels) + 2 * NORM * tokens * channels


def of_udm(tokens, channels, kernel_size=5):
    return tokens * channels * channels * kernel_size + NORM * tokens * channels


@pytest.mark.parametrize('rnn, gates', [(nn.GRU, 3), (nn.LSTM, 4), (nn.RNN, 1)])
def test_recurrent_layers(rnn, gates):
    # Two layers, the second reads the hidden units of the first; neither bias nor batch axis.
    model = rnn(D, 5, num_layers=2, bias=False)
    assert count(model, torch.zeros(S, D)) == S * gates * 5 * (D + 5 + 5 + 5)


def test_lstm_with_projection():
    assert count(nn.LSTM(D, 6, proj_size=2), torch.zeros(S, N, D)) == S * N * (4 * 6 * (D + 2) + 2 * 6)


def test_attention():
    # across sequences of other lengths and widths
    inputs = torch.zeros(N, 4, S, 6), torch.zeros(N, 4, 5, 6), torch.zeros(N, 4, 5, 2)
    assert count(nn.functional.scaled_dot_product_attention, inputs) == N * 4 * S * 5 * (6 + 2)
    # that returns its weights
    attention = nn.MultiheadAttention(D, 4, batch_first=True)
    model = Function(lambda x: attention(x, x, x, attn_mask=torch.zeros(S, S))[0])
    model.attention = attention
    assert count(model, torch.zeros(N, S, D)) == N * (4 * S * D * D + of_attention(S, D))


@pytest.mark.parametrize('equation, shapes, expected', [
    ('nkctv, kvw -> nctw', [(3, 2, 17, 19, 23), (2, 23, 23)], 3 * 2 * 17 * 19 * 23 * 23),  # all digits
    ('ab,bc,cd->ad', [(2, 3), (3, 4), (4, 5)], 2 * 3 * 4 + 2 * 4 * 5),
    ('...ab,bc->...ac', [(N, 2, 3), (3, 4)], N * 2 * 3 * 4)])
def test_einsum(equation, shapes, expected):
    assert count(lambda *x: torch.einsum(equation, *x), tuple(map(torch.zeros, shapes))) == expected


@pytest.mark.parametrize('left, right, expected', [
    ((5, 5), (N, D, 5, S), N * D * 5 * 5 * S),  # a graph by all feature maps
    ((N, D, S, 5), (5, 2), N * D * S * 5 * 2), ((S, 5), (5, ), S * 5), ((5, ), (5, ), 5)])
def test_matmul(left, right, expected):
    assert count(torch.matmul, (torch.zeros(left), torch.zeros(right))) == expected


def test_stgcn_as_mmaction2_publishes_it():
    # Its README, NTU-60 by 2D skeletons: 3.8G "FLOPs" for 2 persons, 100 frames, 17 joints.
    model = MODELS.build(dict(type='STGCN', graph_cfg=dict(layout='coco', mode='stgcn_spatial')))
    assert round(count(model, torch.zeros(1, 2, 100, 17, 3)) / 1e9, 1) == 3.8


@pytest.mark.parametrize('encoder, of_s2s, branches', [
    (S2SGRU, partial(of_rnn, gates=3), 'temporal'), (S2SLSTM, partial(of_rnn, gates=4), 'spatial'),
    (S2STransformer, of_transformer, ['temporal', 'spatial'])])
def test_encoder(encoder, of_s2s, branches):
    persons, frames, joints, channels = 2, 13, 5, 8
    model = HiCoEncoder(joints, persons, frames, 3, channels, num_granularities=3, branches=branches,
                        s2s=dict(type=encoder.__name__))
    expected = 0
    for branch, tokens, width in (('temporal', frames, persons * joints * 3),
                                  ('spatial', persons * joints, frames * 3)):
        if branch in branches:
            expected += tokens * width * channels + tokens * channels * channels  # embedding
            for granularity in range(3):
                if granularity > 0:
                    expected += of_udm(tokens, channels)
                    tokens //= 2
                expected += of_s2s(tokens, channels)
    assert count(model, torch.zeros(1, persons, frames, joints, 3)) == expected
    assert count(model, torch.zeros(7, persons, frames, joints, 3)) == 7 * expected


def test_encoders_of_the_contrastive_methods():
    def cost_of(method):
        backbone = MODELS.build(load_config(f'{method}_demo').model).backbone
        return count(backbone, torch.zeros(1, 2, 64, 25, 3)), cost.count_parameters(backbone)

    # 64 frames of 150 numbers, 64 hidden units; AS-CAL's LSTM has four gates, ISC's two GRUs three.
    assert cost_of('ascal') == (64 * 4 * 64 * (150 + 64), 4 * 64 * (150 + 64 + 2))
    assert cost_of('isc') == (2 * 64 * 3 * 64 * (150 + 64), 2 * 3 * 64 * (150 + 64 + 2))
    stgcn = cost_of('skeletonclr')
    assert cost_of('aimclr') == stgcn  # the drop is of the pre-training
    assert cost_of('crossclr') == tuple(3 * number for number in stgcn)


@pytest.mark.parametrize('training', [True, False])
def test_neither_mode_nor_fused_layers_change_the_count_or_are_changed(training):
    model = S2STransformer(D).train(training).requires_grad_(training)
    assert count(model, torch.zeros(N, S, D)) == N * of_transformer(S, D)
    with pytest.raises((AssertionError, RuntimeError)):
        count(model, torch.zeros(N, S, D + 1))
    assert {part.training for part in model.modules()} == {training}


def stock_config(layout, first, feature='b'):
    """A config as MMAction2's own: one view, image coordinates with a score or three-dimensional."""
    pipeline = [
        dict(type=first), dict(type='GenSkeFeat', dataset=layout, feats=[feature]),
        dict(type='UniformSampleFrames', clip_len=40), dict(type='PoseDecode'),
        dict(type='FormatGCNInput', num_person=3), dict(type='PackActionInputs')]
    dataset = dict(type='PoseDataset', ann_file='missing.pkl', pipeline=pipeline)
    return Config(dict(
        model=dict(backbone=dict(
            type='STGCN', graph_cfg=dict(layout=layout, mode='spatial'), num_stages=1)),
        train_dataloader=dict(dataset=dict(type='RepeatDataset', times=5, dataset=dataset))))


@pytest.mark.parametrize('cfg, shape', [
    ('hico_utd_mhad', (2, 1, 64, 20, 3)), ('hico_four_sets', (2, 1, 64, 25, 3)),
    (stock_config('coco', 'PreNormalize2D', feature='j'), (1, 3, 40, 17, 3)),
    (stock_config('nturgb+d', 'PreNormalize3D'), (1, 3, 40, 25, 3))])
def test_samples_have_the_shape_of_the_training_data(cfg, shape):
    if isinstance(cfg, str):
        cfg = Config.fromfile(find_config(f'{cfg}.py'))
    samples = make_samples(cfg, MODELS.build(cfg.model.backbone), 2)

    inputs = [sample['inputs'] for sample in samples]
    assert [(tuple(x.shape), x.dtype) for x in inputs] == [(shape, torch.float32)] * 2
    assert not torch.equal(*inputs)
    assert [int(sample['data_samples'].gt_label) for sample in samples] == [0, 0]
    if shape[3] == 17:  # image coordinates, whose third is the score; the third person is missing
        assert (inputs[0][0, :2, ..., 2] == 1).all() and (inputs[0][0, 2] == 0).all()


@pytest.mark.parametrize('loader, backbone, message', [
    ({}, nn.Linear(1, 1), 'Linear does not say how many joints it takes: it has neither'),
    (None, None, 'has no pipeline in train_dataloader, .* Give a config'),
    (dict(dataset=dict(type='PoseDataset')), None, 'has no pipeline in train_dataloader')])
def test_configs_and_encoders_that_are_refused(loader, backbone, message):
    cfg = stock_config('coco', 'PreNormalize2D')
    backbone = backbone or MODELS.build(cfg.model.backbone)
    cfg.train_dataloader = loader
    with pytest.raises(ValueError, match=message):
        make_samples(cfg, backbone, 1)


@pytest.fixture
def cfgs():
    """Small configs: HiCo, and one network of MMAction2 without and with labels."""
    cfgs = {name: Config.fromfile(find_config(f'{name}.py'))
            for name in ('hico_demo', 'skeletonclr_demo', 'supervised_stgcn_demo')}
    cfgs['hico_demo'].model.backbone.hidden_channels = 8
    small = dict(num_stages=2, inflate_stages=[], down_stages=[2])
    cfgs['skeletonclr_demo'].model.backbone.network.update(small)
    cfgs['supervised_stgcn_demo'].model.update(cls_head=dict(
        type='GCNHead', num_classes=24, in_channels=8))
    cfgs['supervised_stgcn_demo'].model.backbone.update(small)
    for cfg in cfgs.values():
        cfg.train_dataloader.batch_size = 2
    return cfgs


def test_costs_of_all_kinds_of_configs(cfgs, monkeypatch):
    timed, encoded = [], []

    def time_interleaved(forms, rounds, clock, wait):
        timed.append((list(forms), rounds, clock))
        for form in forms.values():
            form()
        times = [0.5, 0.1, 0.4] if len(timed) == 1 else [0.02, 0.01, 0.5]  # training comes first
        return {name: times for name in forms}

    class Watched(Subject):
        def encode(self):
            self.model.backbone.register_forward_hook(lambda part, inputs, output: encoded.append(
                (part.training, len(inputs[0]), torch.is_grad_enabled())))
            super().encode()

    monkeypatch.setattr(cost, 'Subject', Watched)
    monkeypatch.setattr(cost, 'time_interleaved', time_interleaved)
    monkeypatch.setattr(cost, 'peak_mebibytes', lambda make_step, device: make_step()() or 7.5)
    before = {name: cfg.to_dict() for name, cfg in cfgs.items()}
    costs = measure_costs(cfgs, rounds=3, clock='cpu')

    assert {name: cfg.to_dict() for name, cfg in cfgs.items()} == before
    assert timed == [(list(cfgs), 3, 'cpu')] * 2
    assert encoded[:3] == [(False, 2, False)] * 3  # then come the counts
    assert list(costs) == list(cfgs)
    for row in costs.values():
        assert row == dict(
            parameters=row['parameters'], multiply_adds=row['multiply_adds'],
            training_samples_per_second=2 / 0.4, inference_samples_per_second=2 / 0.02,
            training_memory_mib=7.5, settings=dict(
                batch_size=2, device=cost.device_name(), rounds=3, clock='cpu',
                threads=torch.get_num_threads()))
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
    model = MODELS.build(cfgs['hico_demo'].model.backbone)
    assert costs['hico_demo']['multiply_adds'] == count(model, torch.zeros(1, 2, 64, 25, 3))


def test_a_step_trains_and_encoding_does_not(cfgs):
    subject = Subject(cfgs['hico_demo'], 'cpu')
    weights = subject.model.backbone.state_dict()
    first = copy.deepcopy(weights)
    subject.encode()
    torch.testing.assert_close(weights, first, rtol=0, atol=0)
    subject.train_step()
    assert any(not torch.equal(weights[name], value) for name, value in first.items())
    assert subject.sequences.shape == (2, 2, 64, 25, 3)


def test_memory_is_measured_of_an_encoder_that_only_the_config_knows(cfgs, tmp_path, monkeypatch):
    (tmp_path / 'own_encoder.py').write_text('''
from hico_mm.models.backbones import HiCoEncoder
from mmaction.registry import MODELS

MODELS.register_module(name='OwnEncoder', module=HiCoEncoder)
''')
    monkeypatch.syspath_prepend(tmp_path)
    cfg = cfgs['hico_demo']
    cfg.model.backbone.type = 'OwnEncoder'
    cfg.custom_imports = dict(imports=['own_encoder'])
    make_step = pickle.loads(pickle.dumps(partial(make_train_step, cfg, 'cpu')))  # as to a new process
    make_step()()


def test_no_round_measures_nothing(cfgs):
    with pytest.raises(ValueError, match='rounds=0 measures nothing. Give 1 or more.'):
        measure_costs(cfgs, rounds=0)
