"""MoCoRecognizer: sizes, levels, what it refuses, and its state dict."""
from copy import deepcopy

import pytest
import small_models as small
import torch
from mmaction.registry import MODELS
from small_models import FEATURES, GRANULARITIES, build_recognizer, encoder_config, train_step, views


def test_sizes_follow_from_the_backbone():
    model = build_recognizer(variant='released')
    for name in FEATURES:
        capacity = small.QUEUE_LENGTH * (GRANULARITIES if name in ('clip', 'part') else 1)
        assert model.queues[name].features.shape == (capacity, small.PROJECTED)
        assert model.queues[name].turn == small.QUEUE_LENGTH  # the variant reaches the queues
        channels = model.backbone.feature_channels[name]
        assert model.neck.layers[name][0].weight.shape == (small.HIDDEN, channels)

    model = MODELS.build(small.gcn_recognizer_config())
    assert list(model.queues) == list(model.neck.layers) == ['instance']
    assert model.neck.layers['instance'][0].weight.shape == (small.CHANNELS, small.CHANNELS)
    assert model.queues['instance'].features.shape == (10, 4)


def test_defaults_are_those_of_the_paper():
    model = MODELS.build(dict(type='MoCoRecognizer', backbone=encoder_config()))

    assert model.momentum == 0.999
    assert model.contrast.temperature == 0.2
    assert list(model.queues) == FEATURES
    assert model.queues['clip'].features.shape == (2048 * GRANULARITIES, 128)
    assert model.queues['clip'].turn == 2048 * GRANULARITIES


@pytest.mark.parametrize('branches, weights, features', [
    (('temporal', 'spatial'), dict(clip=0, part=0), ['instance', 'temporal', 'spatial']),
    (('temporal', 'spatial'), dict(instance=0, domain=0, part=0), ['clip']),
    ('temporal', dict(domain=0, part=0), ['instance', 'clip']),
    ('spatial', dict(domain=0, clip=0), ['instance', 'part']),
])
def test_levels_off_have_no_projector_and_no_queue(branches, weights, features):
    model = build_recognizer(branches=branches, contrast=weights)

    losses = train_step(model, small.sgd(model), views())

    assert list(model.neck.layers) == list(model.queues) == features
    assert set(losses) == {f'{kind}_{level}' for kind in ('loss', 'acc') for level in (
        'instance', 'domain', 'clip', 'part') if weights.get(level, 1)}
    assert all(value.isfinite() for value in losses.values())


@pytest.mark.parametrize('backbone, weights, missing, present', [
    (encoder_config(branches='temporal'), {}, r"\['spatial', 'part'\]", r"\['instance', 'temporal'"),
    (encoder_config(branches='spatial'), dict(domain=0), r"\['clip'\]", r"\['instance', 'spatial'"),
    (small.pooled_config(), {}, r"\['temporal', 'spatial', 'clip', 'part'\]", r"\['instance'\]"),
])
def test_levels_that_the_backbone_does_not_have_are_refused(backbone, weights, missing, present):
    with pytest.raises(ValueError, match=rf'needs the features {missing}, but the backbone gives '
                       rf'{present}.*add .* the branch .the domain level needs both'):
        MODELS.build(dict(type='MoCoRecognizer', backbone=backbone, contrast=dict(
            type='HierarchicalContrastLoss', weights=weights)))


@pytest.mark.parametrize('momentum', [-0.1, 1.001])
def test_momentum_outside_zero_and_one_is_refused(momentum):
    with pytest.raises(ValueError, match=rf'momentum={momentum} .* must be within \[0, 1\]'):
        build_recognizer(momentum=momentum)


@pytest.mark.parametrize('num_views', [1, 3])
def test_another_number_of_views_is_refused(num_views):
    with pytest.raises(ValueError, match=rf'2 views .* but the input has {num_views}: '
                       rf'\(3, {num_views}, 2, 8, 3, 2\). Put Views'):
        build_recognizer().loss(views(num_views=num_views), None)


@pytest.mark.parametrize('given', [True, False])
def test_key_encoder_starts_as_a_copy(given, tmp_path):
    model = build_recognizer()
    if given:  # also when the query encoder is loaded
        source = build_recognizer()
        torch.save(source.state_dict(), tmp_path / 'source.pth')
        model = build_recognizer(init_cfg=dict(
            type='Pretrained', checkpoint=str(tmp_path / 'source.pth'), prefix='backbone.'))
    model.init_weights()

    state = model.state_dict()
    if given:
        assert torch.equal(state['backbone.temporal.embedding.0.weight'],
                           source.backbone.temporal.embedding[0].weight)
    queries = [name for name in state if name.startswith(('backbone.', 'neck.'))]
    assert [name for name in state if name.startswith('momentum_encoder.')] == [
        f'momentum_encoder.{name}' for name in queries]
    for name in queries:
        assert torch.equal(state[name], state[f'momentum_encoder.{name}']), name
        assert state[name].data_ptr() != state[f'momentum_encoder.{name}'].data_ptr()


@pytest.mark.parametrize('config, parts', [
    (small.recognizer_config(), ('backbone.', 'neck.')),
    (small.gcn_recognizer_config(), ('backbone.', ))])
def test_key_encoder_follows_a_checkpoint_that_has_only_a_query_encoder(config, parts):
    source, model = small.build_scrambled(config), MODELS.build(config)
    query = {name: value for name, value in source.state_dict().items() if name.startswith(parts)}

    model.load_state_dict(query, strict=False)

    for name, value in query.items():
        assert torch.equal(model.state_dict()[name], value), name
        assert torch.equal(model.state_dict()[f'momentum_encoder.{name}'], value), name


@pytest.mark.parametrize('variant', ['paper', 'released'])
def test_continues_from_its_state_dict(variant):
    model, resumed = (build_recognizer('S2STransformer', variant=variant) for _ in range(2))
    optimizer, resumed_optimizer = small.sgd(model), small.sgd(resumed)
    for _ in range(3):
        train_step(model, optimizer, views(4))
    resumed.load_state_dict(small.state_of(model))
    resumed_optimizer.load_state_dict(deepcopy(optimizer.state_dict()))
    batches = [views(4) for _ in range(2)]
    # The key encoder is its own, not a copy of the query encoder.
    assert not torch.equal(*(encoder.temporal.embedding[0].weight for encoder in (
        resumed.backbone, resumed.momentum_encoder['backbone'])))

    for each, its_optimizer in ((model, optimizer), (resumed, resumed_optimizer)):
        torch.manual_seed(7)  # of the dropout
        for inputs in batches:
            train_step(each, its_optimizer, inputs)

    queue = model.queues['clip']
    assert queue.pointer.tolist() == [5 * 4 * small.GRANULARITIES % queue.turn]
    small.assert_same(resumed.state_dict(), model.state_dict())


@pytest.mark.parametrize('term, message', [
    (dict(type='InfoNCE', query='other.instance'), r"features \['other.instance'\], .* as keys"),
    (dict(type='CrossView', anchor='instance', source='instance', topk=11), 'topk=11 .* the 10 keys'),
])
def test_terms_that_the_views_do_not_fit_are_refused(term, message):
    with pytest.raises(ValueError, match=message):
        MODELS.build(dict(small.recognizer_config(), further_views=['other'], contrast=dict(
            type='Contrast', temperature=0.1, terms=[term])))
