"""Instance-level momentum contrast of MMAction2's networks, which is SkeletonCLR with ST-GCN."""
import math
from copy import deepcopy

import pytest
import torch
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample
from small_models import sgd, state_of, train_step
from small_networks import (
    CHANNELS,
    NETWORKS,
    build_scrambled,
    recognizer_config,
    sequences,
)

all_networks = pytest.mark.parametrize('name', NETWORKS)


def views(batch_size=3):
    """A batch (N, 2, M, T, V, C)."""
    return torch.stack([sequences(batch_size), sequences(batch_size)], dim=1)


def unit(vector):
    length = math.sqrt(sum(value * value for value in vector))
    return [value / length for value in vector]


def dot(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


def slow_features(backbone, neck, view):
    """Feature maps pooled by loops, projected, of unit length."""
    maps = backbone.network(view)  # (N, M, D, T', V')
    pooled = [[maps[n, :, d].sum().item() / maps[n, :, d].numel() for d in range(maps.shape[2])]
              for n in range(len(maps))]
    projected = neck.layers['instance'](torch.tensor(pooled))
    return [unit(row) for row in projected.tolist()]


def slow_info_nce(query, key, queue, temperature):
    """Eq. 8: -log of the share of the positive among positive and negatives."""
    total = 0
    for q, k in zip(query, key, strict=True):
        positive = math.exp(dot(q, k) / temperature)
        negatives = sum(math.exp(dot(q, negative) / temperature) for negative in queue)
        total -= math.log(positive / (positive + negatives))
    return total / len(query)


@all_networks
def test_loss_is_info_nce_on_pooled_features(name):
    model = build_scrambled(recognizer_config(name))
    optimizer = sgd(model)
    for start in (0, 3):  # in the second step, the encoders differ and the queue holds keys
        inputs, queue = views(), model.queues['instance'].features.tolist()
        before = deepcopy(model)

        losses = train_step(model, optimizer, inputs)

        query = slow_features(before.backbone, before.neck, inputs[:, 0])
        # The keys come from the key encoder as the step left it; statistics are those of the batch.
        key = slow_features(**deepcopy(model.momentum_encoder), view=inputs[:, 1])
        assert losses.keys() == {'loss_instance', 'acc_instance'}
        assert losses['loss_instance'].item() == pytest.approx(
            slow_info_nce(query, key, queue, temperature=0.1), rel=1e-4)
        torch.testing.assert_close(
            model.queues['instance'].features[start:start + 3], torch.tensor(key))


@all_networks
def test_step_trains_the_query_encoder_as_a_whole_and_no_key(name):
    model = MODELS.build(recognizer_config(name))
    before = state_of(model)

    train_step(model, sgd(model), views())

    after = model.state_dict()
    for parameter_name, parameter in model.named_parameters():
        is_key = parameter_name.startswith('momentum_encoder.')
        assert (parameter.grad is None) == is_key, parameter_name
    # Keys follow before the optimiser steps, from where they start as copies: not yet.
    for key, value in before.items():
        if f'momentum_encoder.{key}' in before and 'running' not in key and 'num_batches' not in key:
            assert torch.equal(after[f'momentum_encoder.{key}'], value), key
    for key in ('backbone.data_bn.weight', 'backbone.data_bn.running_mean',
                'momentum_encoder.backbone.data_bn.running_mean'):
        assert not torch.equal(after[key], before[key]), key


def test_sizes_follow_from_the_network():
    model = MODELS.build(recognizer_config())
    assert list(model.queues) == list(model.neck.layers) == ['instance']
    assert model.neck.layers['instance'][0].weight.shape == (CHANNELS, CHANNELS)
    assert model.queues['instance'].features.shape == (10, 4)


def test_checkpoint_without_keys_starts_them_as_the_query_encoder():
    source, model = build_scrambled(recognizer_config()), MODELS.build(recognizer_config())
    state = {name: value for name, value in source.state_dict().items()
             if not name.startswith('momentum_encoder.')}
    model.load_state_dict(state)
    for name, value in state.items():
        if name.startswith(('backbone.', 'neck.')):
            assert torch.equal(model.state_dict()[f'momentum_encoder.{name}'], value), name


def test_prediction_is_the_pooled_feature():
    model, x = build_scrambled(recognizer_config()).eval(), sequences()
    samples = model.predict(x[:, None], [ActionDataSample() for _ in range(3)])
    for sample, maps in zip(samples, model.backbone.network(x), strict=True):
        torch.testing.assert_close(sample.feature, maps.mean((0, 2, 3)))


def test_network_that_is_no_encoder_is_refused():
    config = recognizer_config()
    config['backbone'] = config['backbone']['network']
    with pytest.raises(ValueError, match=r'STGCN does not say .*'
                       r"dict\(type='PooledGCN', network=dict\(type='STGCN', \.\.\.\)\)"):
        MODELS.build(config)


def test_other_levels_than_the_instance_are_refused():
    config = recognizer_config()
    config['contrast'] = None
    with pytest.raises(ValueError, match=r"features \['temporal', 'spatial', 'clip', 'part'\], but the "
                       r"backbone has \['instance'\]. Switch these levels off"):
        MODELS.build(config)
