import pytest
import slow_hico
import torch
import torch.nn.functional as F
from mmaction.registry import MODELS

LEVELS = ['instance', 'domain', 'clip', 'part']
FEATURES = ['instance', 'temporal', 'spatial', 'clip', 'part']
NEEDS = dict(instance=['instance'], domain=['temporal', 'spatial'], clip=['clip'], part=['part'])


def build(**kwargs):
    return MODELS.build(dict(type='HierarchicalContrastLoss', **kwargs))


def only(level, weight=1.0):
    return {name: weight if name == level else 0.0 for name in LEVELS}


def unit(*shape):
    return F.normalize(torch.randn(*shape, dtype=torch.double), dim=-1)


@pytest.fixture
def inputs():
    """Query, key and queue of 3 sequences with 2 granularities, 6 channels."""
    def features():
        return {name: unit(3, 2, 6) if name in ('clip', 'part') else unit(3, 6)
                for name in FEATURES}
    queue = {name: unit(10 if name in ('clip', 'part') else 5, 6) for name in FEATURES}
    return features(), features(), queue


def expected_losses(query, key, queue, temperature):
    def sequence(features, n):
        return {name: feature[n].tolist() for name, feature in features.items()}

    lists = {name: feature.tolist() for name, feature in queue.items()}
    losses = [slow_hico.contrast(sequence(query, n), sequence(key, n), lists, temperature)
              for n in range(3)]
    return {level: sum(loss[level] for loss in losses) / 3 for level in LEVELS}


@pytest.mark.parametrize('temperature', [0.1, 1.0])
def test_equals_the_equations(inputs, temperature):
    results = build(temperature=temperature)(*inputs)

    assert set(results) == {f'{kind}_{level}' for kind in ('loss', 'acc') for level in LEVELS}
    for level, expected in expected_losses(*inputs, temperature).items():
        assert results[f'loss_{level}'].item() == pytest.approx(expected), level


def test_defaults_are_those_of_the_paper(inputs):
    loss = build()

    expected = expected_losses(*inputs, 0.2)
    total = sum(value for name, value in loss(*inputs).items() if name.startswith('loss'))
    assert total.item() == pytest.approx(sum(expected.values()))  # L_total
    assert loss.features == FEATURES


@pytest.mark.parametrize('level', LEVELS)
def test_one_level_alone_needs_its_own_features_only(inputs, level):
    loss = build(weights=only(level))
    assert loss.features == NEEDS[level]

    query, key, queue = ({name: value for name, value in part.items() if name in NEEDS[level]}
                         for part in inputs)
    results = loss(query, key, queue)

    assert set(results) == {f'loss_{level}', f'acc_{level}'}
    assert results[f'loss_{level}'].item() == pytest.approx(
        expected_losses(*inputs, 0.2)[level])


def test_weights_scale_the_losses_and_not_the_accuracies(inputs):
    weights = dict(instance=2.0, clip=0.0, part=0.25)  # domain left out: 1

    plain, weighted = build()(*inputs), build(weights=weights)(*inputs)

    assert set(plain) - set(weighted) == {'loss_clip', 'acc_clip'}
    for level, weight in dict(instance=2.0, domain=1.0, part=0.25).items():
        torch.testing.assert_close(weighted[f'loss_{level}'], weight * plain[f'loss_{level}'])
        assert weighted[f'acc_{level}'] == plain[f'acc_{level}']


def test_accuracy_of_the_domain_level_is_the_mean_of_its_directions():
    east, north = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    query = dict(temporal=east, spatial=east)
    key = dict(spatial=east, temporal=north)
    queue = dict(spatial=north, temporal=east)

    results = build(weights=only('domain'), temperature=1.0)(query, key, queue)

    assert results['acc_domain'].item() == 0.5  # temporal -> spatial hits, the other fails
    e = torch.tensor(1.0).exp()
    assert results['loss_domain'].item() == pytest.approx(
        (-(e / (e + 1)).log() - (1 / (1 + e)).log()).item())


def test_extreme_logits_stay_finite(inputs):
    query = {name: feature.float().requires_grad_() for name, feature in inputs[0].items()}
    key, queue = ({name: feature.float() for name, feature in part.items()} for part in inputs[1:])

    results = build(temperature=1e-5)(query, key, queue)
    sum(value for name, value in results.items() if name.startswith('loss')).backward()

    assert all(value.isfinite() for value in results.values())
    assert all(feature.grad.isfinite().all() for feature in query.values())


@pytest.mark.parametrize('kwargs, message', [
    (dict(weights=dict(joint=1.0)), r"unknown levels \['joint'\]; the levels of the contrast are "
     r"\['instance', 'domain', 'clip', 'part'\]"),
    (dict(weights=dict(clip=-1.0)), r"'clip': -1.0.*none may be negative"),
    (dict(weights=only(None)), 'one must be positive'),
    (dict(temperature=0), 'temperature=0 must be positive'),
    (dict(temperature=-0.2), 'temperature=-0.2 must be positive'),
])
def test_bad_config_is_refused(kwargs, message):
    with pytest.raises(ValueError, match=message):
        build(**kwargs)
