"""Instance-level momentum contrast of MMAction2's networks, which is SkeletonCLR with ST-GCN."""
from copy import deepcopy

import pytest
import torch
from slow_hico import info_nce, normalise
from small_models import sgd, train_step
from small_networks import NETWORKS, build_scrambled, recognizer_config, sequences

all_networks = pytest.mark.parametrize('name', NETWORKS)


def views(batch_size=3):
    """A batch (N, 2, M, T, V, C)."""
    return torch.stack([sequences(batch_size), sequences(batch_size)], dim=1)


def slow_features(backbone, neck, view):
    """Feature maps pooled by loops, projected, of unit length."""
    maps = backbone.network(view)  # (N, M, D, T', V')
    pooled = [[maps[n, :, d].sum().item() / maps[n, :, d].numel() for d in range(maps.shape[2])]
              for n in range(len(maps))]
    projected = neck.layers['instance'](torch.tensor(pooled))
    return [normalise(row) for row in projected.tolist()]


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
        expected = [info_nce(q, [k], queue, temperature=0.1) for q, k in zip(query, key, strict=True)]
        assert losses['loss_instance'].item() == pytest.approx(sum(expected) / 3, rel=1e-4)
        torch.testing.assert_close(
            model.queues['instance'].features[start:start + 3], torch.tensor(key))

    for name, parameter in model.named_parameters():
        assert (parameter.grad is None) == name.startswith('momentum_encoder.'), name
    for encoder in (model.backbone, model.momentum_encoder['backbone']):
        assert encoder.network.data_bn.num_batches_tracked == 2  # each has statistics of its own
