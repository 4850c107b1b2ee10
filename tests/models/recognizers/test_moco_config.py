"""Sizes, levels and branches of MoCoRecognizer, and what it refuses."""
import pytest
from mmaction.registry import MODELS
from small_models import (
    FEATURES,
    GRANULARITIES,
    HIDDEN,
    PROJECTED,
    QUEUE_LENGTH,
    build_recognizer,
    encoder_config,
    sgd,
    train_step,
    views,
)
from small_networks import CHANNELS, NETWORKS, pooled_config, recognizer_config


def test_sizes_follow_from_the_backbone():
    model = build_recognizer(variant='released')

    for name in FEATURES:
        granularities = GRANULARITIES if name in ('clip', 'part') else 1
        assert model.queues[name].features.shape == (QUEUE_LENGTH * granularities, PROJECTED)
        assert model.queues[name].turn == QUEUE_LENGTH  # the variant reaches the queues
        channels = model.backbone.feature_channels[name]
        assert model.neck.layers[name][0].weight.shape == (HIDDEN, channels)


def test_sizes_follow_from_a_network_of_mmaction2():
    model = MODELS.build(recognizer_config())

    assert list(model.queues) == list(model.neck.layers) == ['instance']
    assert model.neck.layers['instance'][0].weight.shape == (CHANNELS, CHANNELS)
    assert model.queues['instance'].features.shape == (10, 4)


def test_defaults_are_those_of_the_paper():
    model = MODELS.build(dict(type='MoCoRecognizer', backbone=encoder_config()))

    assert model.momentum == 0.999
    assert model.contrast.temperature == 0.2
    assert list(model.queues) == FEATURES
    assert model.queues['clip'].features.shape == (2048 * GRANULARITIES, 128)
    assert model.queues['clip'].turn == 2048 * GRANULARITIES


@pytest.mark.parametrize('weights, features', [
    (dict(clip=0, part=0), ['instance', 'temporal', 'spatial']),
    (dict(domain=0, clip=0, part=0), ['instance']),
    (dict(instance=0, domain=0, part=0), ['clip']),
])
def test_levels_off_have_no_projector_and_no_queue(weights, features):
    model = build_recognizer(contrast=weights)

    losses = model.loss(views(), None)

    assert list(model.neck.layers) == list(model.queues) == features
    assert {name.removeprefix('loss_') for name in losses if name.startswith('loss')} == {
        level for level in ('instance', 'domain', 'clip', 'part') if weights.get(level, 1)}


@pytest.mark.parametrize('branch, level, other', [
    ('temporal', 'clip', 'part'), ('spatial', 'part', 'clip')])
def test_one_branch_trains_without_the_domain_level(branch, level, other):
    model = build_recognizer(branches=branch, contrast={'domain': 0, other: 0})

    losses = train_step(model, sgd(model), views())

    assert set(losses) == {f'{kind}_{name}' for kind in ('loss', 'acc')
                           for name in ('instance', level)}
    assert all(value.isfinite() for value in losses.values())


@pytest.mark.parametrize('backbone, weights, missing, present', [
    (encoder_config(branches='temporal'), {}, r"\['spatial', 'part'\]", r"\['instance', 'temporal'"),
    (encoder_config(branches='temporal'), dict(part=0), r"\['spatial'\]", r"\['instance', 'temporal'"),
    (encoder_config(branches='spatial'), dict(domain=0), r"\['clip'\]", r"\['instance', 'spatial'"),
    (pooled_config(), {}, r"\['temporal', 'spatial', 'clip', 'part'\]", r"\['instance'\]"),
])
def test_levels_that_the_backbone_does_not_have_are_refused(backbone, weights, missing, present):
    with pytest.raises(ValueError, match=rf'needs the features {missing}, but the backbone has '
                       rf'{present}.*Switch these levels off .*the domain level needs both branches'):
        MODELS.build(dict(type='MoCoRecognizer', backbone=backbone, contrast=dict(
            type='HierarchicalContrastLoss', weights=weights)))


def test_network_that_is_no_encoder_is_refused():
    with pytest.raises(ValueError, match=r'STGCN does not say .*'
                       r"dict\(type='PooledGCN', network=dict\(type='STGCN', \.\.\.\)\)"):
        MODELS.build(dict(type='MoCoRecognizer', backbone=NETWORKS['ST-GCN']))


@pytest.mark.parametrize('momentum', [-0.1, 1.001])
def test_momentum_outside_zero_and_one_is_refused(momentum):
    with pytest.raises(ValueError, match=rf'momentum={momentum} .* must be within \[0, 1\]'):
        build_recognizer(momentum=momentum)


@pytest.mark.parametrize('num_views', [1, 3])
def test_another_number_of_views_is_refused(num_views):
    with pytest.raises(ValueError, match=rf'2 views .* but the input has {num_views}: '
                       rf'\(3, {num_views}, 2, 8, 3, 2\). Put TwoViews'):
        build_recognizer().loss(views(num_views=num_views), None)
