import pytest
import slow_hico
import torch
import torch.nn.functional as F
from mmaction.structures import ActionDataSample
from slow_layers import below, scrambled, weights_of
from small_models import (
    FEATURES,
    GRANULARITIES,
    HIDDEN,
    PROJECTED,
    build_recognizer,
    state_of,
    total,
    train_step,
    views,
)


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
def test_key_encoder_follows_the_query_encoder(momentum):
    model = build_recognizer(momentum=momentum)
    for parameter in model.parameters():  # as after some steps: they differ everywhere
        torch.nn.init.normal_(parameter, std=0.5)
    before = state_of(model)

    model.loss(views(), None)

    after = model.state_dict()
    for name, query in before.items():
        if name.startswith(('backbone.', 'neck.')):
            key = before[f'momentum_encoder.{name}']
            assert torch.equal(after[name], query), name  # a loss alone changes no query weight
            torch.testing.assert_close(
                after[f'momentum_encoder.{name}'], momentum * key + (1 - momentum) * query)


def test_gradients_reach_the_query_encoder_alone():
    model, inputs = build_recognizer('S2STransformer'), views().requires_grad_()

    total(model.loss(inputs, None)).backward()

    for name, parameter in model.named_parameters():
        key = name.startswith('momentum_encoder.')
        assert parameter.requires_grad is not key, name
        assert (parameter.grad is None) is key, name
    assert inputs.grad[:, 0].abs().min() > 0
    assert (inputs.grad[:, 1] == 0).all()


@pytest.mark.parametrize('variant', ['paper', 'released'])
def test_queues_take_the_keys_of_the_updated_key_encoder(variant):
    model, inputs = build_recognizer(variant=variant), views()
    before = state_of(model)

    model.loss(inputs, None)

    encoder = model.momentum_encoder
    keys = encoder['neck'](encoder['backbone'](inputs[:, 1]))
    for name in FEATURES:
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
        assert sample.feature.shape == (2 * GRANULARITIES * HIDDEN, )
        torch.testing.assert_close(sample.feature, expected[n])
        # A memory of its own, or each sample would be pickled with the whole batch.
        assert sample.feature.untyped_storage().nbytes() == 4 * len(expected[n])


def test_features_of_both_stages():
    model, inputs = build_recognizer(), views()
    flat = inputs.flatten(0, 1)  # the views as 6 sequences

    raw, projected = model(inputs, mode='tensor'), model(inputs, mode='tensor', stage='neck')

    for name, feature in model.backbone(flat).items():
        assert torch.equal(raw[name], feature)
    for name, feature in model.neck(model.backbone(flat)).items():
        assert torch.equal(projected[name], feature)
    assert raw['clip'].shape == (6, GRANULARITIES, HIDDEN)
    assert projected['clip'].shape == (6, GRANULARITIES, PROJECTED)


def test_dropout_is_live_in_both_encoders_in_training_alone():
    model, x = build_recognizer('S2STransformer'), views()[:, 0]
    for encoder in (model.backbone, model.momentum_encoder['backbone']):
        assert not torch.equal(encoder(x)['instance'], encoder(x)['instance'])
    model.eval()
    for encoder in (model.backbone, model.momentum_encoder['backbone']):
        assert torch.equal(encoder(x)['instance'], encoder(x)['instance'])
