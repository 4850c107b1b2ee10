"""Steps of momentum contrast, of HiCo and of MMAction2's networks (with ST-GCN: SkeletonCLR)."""
from copy import deepcopy

import pytest
import slow_hico
import small_models as small
import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample
from slow_hico import below, scrambled, weights_of
from small_models import GRANULARITIES, build_recognizer, state_of, train_step, views

from hico_mm.benchmark.smoke import shrink
from hico_mm.utils import load_config


def slow_features(view, weights, s2s, released):
    """Projected and normalised features of one sequence."""
    features = slow_hico.encode(
        view.tolist(), below(weights, 'backbone.'), s2s, GRANULARITIES, released)
    return {name: slow_hico.normalise(
        slow_hico.project(feature, below(weights, f'neck.layers.{name}.')))
        for name, feature in features.items()}


@pytest.mark.parametrize('variant', ['paper', 'released'])
@pytest.mark.parametrize('s2s', ['S2SGRU', 'S2SLSTM', 'S2STransformer'])
def test_losses_are_those_of_the_equations(s2s, variant):
    model = scrambled(build_recognizer(s2s, variant=variant)).float().eval()  # eval: no dropout
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for _ in range(2):  # in the second step, the encoders differ and the queues hold keys
        inputs = views(2)
        queues = {name: queue.features.tolist() for name, queue in model.queues.items()}
        weights = weights_of(model)

        losses = train_step(model, optimizer, inputs)

        # The keys come from the key encoder as the step left it.
        key_weights = below(weights_of(model), 'momentum_encoder.')
        expected = []
        for query_view, key_view in inputs:
            query = slow_features(query_view, weights, s2s, variant == 'released')
            key = slow_features(key_view, key_weights, s2s, variant == 'released')
            expected.append(slow_hico.contrast(query, key, queues, temperature=0.2))
        for level in ('instance', 'domain', 'clip', 'part'):
            mean = sum(loss[level] for loss in expected) / len(expected)
            assert losses[f'loss_{level}'].item() == pytest.approx(mean, rel=1e-5), level


@pytest.mark.parametrize('momentum', [0.0, 0.6, 0.999, 1.0])
def test_queries_learn_by_gradients_and_the_key_encoder_follows(momentum):
    model, inputs = build_recognizer('S2STransformer', momentum), views().requires_grad_()
    for parameter in model.parameters():  # as after some steps: they differ everywhere
        torch.nn.init.normal_(parameter, std=0.5)
    before = state_of(model)

    small.total(model.loss(inputs, None)).backward()

    after = model.state_dict()
    for name, parameter in model.named_parameters():
        is_key = name.startswith('momentum_encoder.')
        assert parameter.requires_grad is not is_key, name
        assert (parameter.grad is None) is is_key, name
        if not is_key:
            key = momentum * before[f'momentum_encoder.{name}'] + (1 - momentum) * before[name]
            assert torch.equal(after[name], before[name]), name  # a loss alone changes no query weight
            torch.testing.assert_close(after[f'momentum_encoder.{name}'], key)
    assert inputs.grad[:, 0].abs().min() > 0
    assert (inputs.grad[:, 1] == 0).all()


@pytest.mark.parametrize('variant', ['paper', 'released'])
def test_queues_take_the_keys_of_the_updated_key_encoder(variant):
    model, inputs = build_recognizer(variant=variant), views()
    before = state_of(model)

    model.loss(inputs, None)

    encoder = model.momentum_encoder
    keys = encoder['neck'](encoder['backbone'](inputs[:, 1]))
    for name in small.FEATURES:
        key = F.normalize(keys[name], dim=-1)
        rows = ([key[n, i] for n in range(3) for i in range(GRANULARITIES)]  # sample-major
                if name in ('clip', 'part') else [key[n] for n in range(3)])
        queue = model.queues[name].features
        torch.testing.assert_close(queue[:len(rows)], torch.stack(rows).detach())
        assert torch.equal(queue[len(rows):], before[f'queues.{name}.features'][len(rows):])
        assert model.queues[name].pointer.tolist() == [len(rows)]


def test_predict_writes_the_raw_instance_feature():
    model, inputs = build_recognizer('S2STransformer').eval(), views(num_views=1)

    samples = model(inputs, [ActionDataSample() for _ in range(3)], mode='predict')

    expected = model.backbone(inputs[:, 0])['instance']
    for n, sample in enumerate(samples):
        assert sample.feature.shape == (2 * GRANULARITIES * small.HIDDEN, )
        torch.testing.assert_close(sample.feature, expected[n])
        # A memory of its own, or each sample would be pickled with the whole batch.
        assert sample.feature.untyped_storage().nbytes() == 4 * len(expected[n])


def test_features_of_both_stages():
    model, inputs = build_recognizer(), views()

    raw, projected = model(inputs, mode='tensor'), model(inputs, mode='tensor', stage='neck')

    features = model.backbone(inputs.flatten(0, 1))  # the views as 6 sequences
    small.assert_same(raw, features)
    small.assert_same(projected, model.neck(features))
    assert raw['clip'].shape == (6, GRANULARITIES, small.HIDDEN)
    assert projected['clip'].shape == (6, GRANULARITIES, small.PROJECTED)


@pytest.mark.parametrize('method, names', [
    ('crossclr', {'joint', 'motion', 'bone'}), ('aimclr', {'instance'}), ('isc', {'sequence'}),
    ('ascal', {'instance'})])
def test_the_neck_projects_what_evaluation_gives(method, names):
    model = MODELS.build(shrink(load_config(f'{method}_demo')).model).eval()
    projected, _ = model.extract_feat(
        torch.randn(2, 1, *model.backbone.input_sizes.values()), stage='neck')
    assert projected.keys() == names


def test_dropout_is_live_in_both_encoders_in_training_alone():
    model, x = build_recognizer('S2STransformer'), views()[:, 0]
    for training in (True, False):
        model.train(training)
        for encoder in (model.backbone, model.momentum_encoder['backbone']):
            assert torch.equal(encoder(x)['instance'], encoder(x)['instance']) is not training


def slow_pooled_features(backbone, neck, view):
    """Feature maps pooled by loops, projected, of unit length."""
    maps = backbone.network(view)  # (N, M, D, T', V')
    pooled = [[maps[n, :, d].sum().item() / maps[n, :, d].numel() for d in range(maps.shape[2])]
              for n in range(len(maps))]
    projected = neck.layers['instance'](torch.tensor(pooled))
    return [slow_hico.normalise(row) for row in projected.tolist()]


@pytest.mark.parametrize('name', small.NETWORKS)
def test_loss_of_a_network_is_info_nce_on_pooled_features(name):
    model = small.build_scrambled(small.gcn_recognizer_config(name))
    optimizer = small.sgd(model)
    for start in (0, 3):  # in the second step, the encoders differ and the queue holds keys
        inputs = torch.stack([small.sequences(), small.sequences()], dim=1)  # (N, 2, M, T, V, C)
        queue = model.queues['instance'].features.tolist()
        before = deepcopy(model)

        losses = train_step(model, optimizer, inputs)

        query = slow_pooled_features(before.backbone, before.neck, inputs[:, 0])
        # The keys come from the key encoder as the step left it; statistics are those of the batch.
        key = slow_pooled_features(**deepcopy(model.momentum_encoder), view=inputs[:, 1])
        assert losses.keys() == {'loss_instance', 'acc_instance'}
        expected = [slow_hico.info_nce(q, [k], queue, temperature=0.1)
                    for q, k in zip(query, key, strict=True)]
        assert losses['loss_instance'].item() == pytest.approx(sum(expected) / 3, rel=1e-4)
        torch.testing.assert_close(
            model.queues['instance'].features[start:start + 3], torch.tensor(key))

    for name, parameter in model.named_parameters():
        assert (parameter.grad is None) == name.startswith('momentum_encoder.'), name
    for encoder in (model.backbone, model.momentum_encoder['backbone']):
        assert encoder.network.data_bn.num_batches_tracked == 2  # each has statistics of its own
