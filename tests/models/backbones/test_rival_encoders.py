"""Encoders of the contrastive methods against features recorded from their public code."""
import re

import pytest
import torch
import torch.nn.functional as F
from mmaction.models.backbones.aagcn import AAGCNBlock
from mmaction.registry import MODELS
from public_code import GRAPH, NAMES

from hico_mm.models.backbones.graph_networks import SoftmaxGraphUnit
from hico_mm.models.common import AttentionDrop, attention_drop


def close(actual, expected, atol=1e-5):
    torch.testing.assert_close(actual, expected, atol=atol, rtol=0)


def renamed(state, names):
    """State dict with the names of modules exchanged, without the classifier and the graph."""
    def rename(name):
        for pattern, ours in names:
            name = re.sub(pattern, ours, name)
        return name

    return {rename(name): value for name, value in state.items() if not name.startswith(('fc', 'A'))}


def of_joints(x):
    return x.permute(0, 4, 2, 3, 1)  # (N, C, T, V, M) -> (N, M, T, V, C)


def test_stgcn(golden):
    recorded = golden('stgcn')
    network = dict(type='STGCNOfWidths', widths=[4] * 4 + [8] * 3 + [16] * 3, graph_cfg=GRAPH)
    encoder = MODELS.build(dict(type='PooledGCN', num_frames=20, network=network))
    encoder.load_state_dict(renamed(recorded['state'], NAMES), strict=False)

    assert torch.equal(encoder.network.gcn[0].gcn.A, recorded['adjacency'])
    x = of_joints(recorded['input'])
    close(encoder.eval()(x)['instance'], recorded['feature_eval'])
    close(encoder.train()(x)['instance'], recorded['feature_train'], 1e-4)


def test_number_of_weights_of_the_authors_stgcn():
    widths = [16] * 4 + [32] * 3 + [64, 64, 256]
    network = MODELS.build(dict(type='STGCNOfWidths', widths=widths, graph_cfg=GRAPH))

    assert sum(parameter.numel() for parameter in network.parameters()) == 821_380
    assert network(torch.zeros(1, 2, 50, 25, 3)).shape == (1, 2, 256, 13, 25)


class Threshold(list):
    """A threshold that keeps what is compared with it, and the masks."""

    def __gt__(self, attention):
        self.append((attention, attention < self.value))
        return self[-1][1]


def test_drop_module(golden):
    for case in golden('aimclr_drop')['cases']:
        x = case['input'].clone().requires_grad_()
        drop = AttentionDrop(case['keep_prob'], case['e_lambda'])
        threshold = Threshold()
        threshold.value, drop.threshold = drop.threshold, threshold

        output = drop(x)
        output.backward(case['grad_output'])

        close(output, case['output'])
        close(x.grad, case['grad_input'])
        for name, (attention, mask) in zip(('joint', 'element'), threshold, strict=True):
            expected = case[f'attention_{name}']
            close(attention.transpose(2, 3).reshape(expected.shape), expected)
            assert torch.equal(mask.transpose(2, 3).reshape(expected.shape), case[f'mask_{name}'].bool())


def test_drop_of_everything_leaves_zeros():
    drop = AttentionDrop()
    drop.threshold = 0.5
    assert not drop(torch.randn(2, 3, 4, 5)).any()
    with pytest.raises(ValueError, match='threshold=0.62 .* 0.622 < threshold'):
        AttentionDrop(threshold=0.62)


def test_drop_is_scaled_by_what_is_left_in_all_processes(monkeypatch):
    x = torch.randn(2, 3, 4, 5)
    alone = AttentionDrop()(x)
    # Each of both masks is a quarter as full in the mean of all processes.
    monkeypatch.setattr(attention_drop, 'all_reduce', lambda share, op: share.mul_(0.25))
    torch.testing.assert_close(AttentionDrop()(x), 16 * alone)


def test_aimclr_encoder_has_a_dropped_feature(golden):
    recorded = golden('aimclr_encoder')
    state = recorded['state']
    widths = [len(state[f'st_gcn_networks.{block}.tcn.0.weight']) for block in range(10)]
    network = dict(type='STGCNOfWidths', widths=widths, graph_cfg=GRAPH)
    encoder = MODELS.build(dict(type='PooledGCN', num_frames=20, network=network,
                                drop=dict(type='AttentionDrop')))
    encoder.load_state_dict(renamed(state, NAMES), strict=False)
    encoder.eval().pretrain()
    encoder.training = True  # so that there is a dropped feature; its layers are as recorded

    features = encoder(of_joints(recorded['input']))

    for name, output in (('instance', 'output_extreme'), ('dropped', 'output_dropped')):
        close(F.linear(features[name], state['fc.weight'], state['fc.bias']), recorded[output])


@pytest.mark.parametrize('name', ['agcn_unit_3_8', 'agcn_unit_8_8', 'agcn_unit_8_16_stride2'])
def test_unit_of_agcn(golden, name):
    recorded = golden('isc_encoders')[name]
    x, expected = recorded['input'], recorded['output_train']
    graph = recorded['adjacency'].float()
    block = AAGCNBlock(x.shape[1], expected.shape[1], graph, stride=x.shape[2] // expected.shape[2],
                       residual=x.shape[1] != 3, gcn_attention=False)
    block.gcn = SoftmaxGraphUnit(x.shape[1], expected.shape[1], graph)
    state = renamed(recorded['state'], [('gcn1', 'gcn'), ('tcn1', 'tcn')])
    for mode, result, atol in ((True, expected, 1e-4), (False, recorded['output_eval'], 1e-5)):
        block.load_state_dict(state, strict=False)
        close(block.train(mode)(x), result, atol)


def test_number_of_weights_of_agcn():
    network = MODELS.build(dict(type='AGCN', graph_cfg=dict(GRAPH, mode='spatial')))

    number = sum(parameter.numel() for parameter in network.parameters())
    assert number == pytest.approx(3.45e6, rel=2e-3)
    assert network(torch.zeros(1, 2, 64, 25, 3)).shape == (1, 2, 256, 16, 25)


@pytest.mark.parametrize('variant, feature', [
    ('released', 'feature'), ('paper', 'feature_of_a_truly_bidirectional_gru')])
@pytest.mark.parametrize('num_layers', [1, 3])
def test_gru_whose_directions_both_run_forward_or_not(golden, num_layers, variant, feature):
    recorded = golden('isc_encoders')[f'bigru_{num_layers}']
    encoder = MODELS.build(dict(
        type='RecurrentEncoder', num_joints=5, num_frames=12, hidden_channels=8,
        num_layers=num_layers, variant=variant))
    state = {}
    for name, value in renamed(recorded['state'], []).items():
        name, layer, reverse = re.fullmatch(r'encoder\.gru\.(.*_l)(\d)(_reverse)?', name).groups()
        if (name, layer) == ('weight_ih_l', '0'):  # theirs are V, C, M, ours M, V, C
            value = value.unflatten(1, (5, 3, 2)).permute(0, 3, 1, 2).flatten(1)
        state[f'layers.{layer}.{int(reverse is not None)}.{name}0'] = value
    encoder.load_state_dict(state)

    x = recorded['input'].unflatten(2, (5, 3, 2)).permute(0, 4, 1, 2, 3)
    outputs = []  # of both directions, in the order in which they read the frames
    for direction in encoder.layers[-1]:
        direction.register_forward_hook(lambda module, args, output: outputs.append(output[0]))
    instance = encoder(x)['instance']
    forward, second = outputs
    # Recorded is the last frame: the first that a truly backward direction reads.
    last = torch.cat([forward[:, -1], second[:, -1 if variant == 'released' else 0]], 1)
    close(last, recorded[feature])
    close(instance, torch.cat([forward[:, -1], second[:, -1]], 1))


@pytest.mark.parametrize('num_layers, pooling', [(1, 'mean'), (2, 'mean'), (1, 'last')])
def test_lstm(golden, num_layers, pooling):
    recorded = golden('ascal_encoders')[f'lstm_{num_layers}_{pooling}']
    encoder = MODELS.build(dict(
        type='RecurrentEncoder', num_joints=5, num_frames=12, hidden_channels=16, cell='LSTM',
        num_layers=num_layers, bidirectional=False, pooling=pooling))
    state = {}
    for name, value in recorded['state'].items():
        name, layer = re.fullmatch(r'bi_lstm\.(.*_l)(\d)', name).groups()
        if (name, layer) == ('weight_ih_l', '0'):  # theirs are C, V, M, ours M, V, C
            value = value.unflatten(1, (3, 5, 2)).permute(0, 3, 2, 1).flatten(1)
        state[f'layers.{layer}.0.{name}0'] = value
    encoder.load_state_dict(state)

    close(encoder(of_joints(recorded['input']))['instance'], recorded['feature'], 1e-6)


def test_hcn(golden):
    recorded = golden('isc_encoders')['hcn']
    encoder = MODELS.build(dict(type='HCN', num_frames=16, base_channels=8)).eval()
    names = [(rf'^conv{old}{suffix}(\.0)?\.', f'streams.{stream}.{new}.')
             for suffix, stream in (('', 'joint'), ('m', 'motion'))
             for old, new in ((1, 0), (2, 2), (3, 4), (4, 6))]
    names += [(r'^conv5\.0', 'merged.0'), (r'^conv6\.0', 'merged.4')]
    encoder.load_state_dict(renamed(recorded['state'], names))

    close(encoder(of_joints(recorded['input']))['instance'], recorded['feature'])


def test_sizes_of_hcn():
    encoder = MODELS.build(dict(type='HCN'))

    assert encoder.feature_channels == dict(instance=4096)
    assert sum(parameter.numel() for parameter in encoder.parameters()) == pytest.approx(5.2e5, rel=1e-2)
    with pytest.raises(ValueError, match='num_frames=50 .* multiple of 16'):
        MODELS.build(dict(type='HCN', num_frames=50))
