import math

import pytest
import slow_hico
import torch
import torch.nn.functional as F
from mmaction.registry import MODELS

from hico_mm.models import InfoNCE
from hico_mm.models.losses.contrast import Logits

NEEDS = dict(instance=['instance'], domain=['temporal', 'spatial'], clip=['clip'], part=['part'])
FEATURES = [name for names in NEEDS.values() for name in names]


def info_nce(query, positives, negatives, temperature):
    return InfoNCE('x')(Logits(dict(x=query), dict(x=positives), dict(x=negatives), temperature))


def unit(*shape):
    return F.normalize(torch.randn(*shape, dtype=torch.double), dim=-1)


@pytest.mark.parametrize('num_positives, num_negatives, temperature', [(1, 7, 0.07), (5, 1, 1.0)])
def test_info_nce_equals_the_equation(num_positives, num_negatives, temperature):
    query, positives, negatives = unit(4, 6), unit(4, num_positives, 6), unit(num_negatives, 6)

    loss, accuracy = info_nce(query, positives, negatives, temperature)

    losses, hits = [], []
    for n in range(4):
        losses.append(slow_hico.info_nce(
            query[n].tolist(), positives[n].tolist(), negatives.tolist(), temperature))
        hits.append(max(float(query[n] @ key) for key in positives[n])
                    > max(float(query[n] @ key) for key in negatives))
    assert loss.item() == pytest.approx(sum(losses) / 4)
    assert accuracy.item() == sum(hits) / 4


def test_known_values_of_info_nce_where_a_tie_is_no_hit():
    query = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    positives = torch.tensor([[[1.0, 0.0]], [[1.0, 0.0]]])  # similarities 1 and 0
    negatives = torch.tensor([[0.0, 1.0], [0.0, 1.0], [0.0, 1.0]])  # 0 and 1

    loss, accuracy = info_nce(query, positives, negatives, 0.5)

    e = math.exp(2)
    assert loss.item() == pytest.approx((math.log(1 + 3 / e) + math.log(1 + 3 * e)) / 2)
    assert accuracy.item() == 0.5
    query = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    positives = torch.tensor([[[-1.0, 0.0], [1.0, 0.0]],  # the second one wins
                              [[-1.0, 0.0], [0.0, 1.0]]])  # as similar as the negative
    negatives = torch.tensor([[0.0, 1.0]])

    assert info_nce(query, positives, negatives, 0.2)[1].item() == 0.5


def test_gradient_of_info_nce_is_that_of_the_loss():
    query, positives, negatives = unit(3, 4).requires_grad_(), unit(3, 2, 4), unit(5, 4)

    assert torch.autograd.gradcheck(lambda q: info_nce(q, positives, negatives, 0.5)[0], query)


@pytest.mark.parametrize('sign, expected', [(1, 0.0), (-1, 2e4 + math.log(3))])
def test_extreme_logits_stay_finite(sign, expected):
    query = torch.tensor([[1.0, 0.0]], requires_grad=True)
    positives = torch.tensor([[[sign * 1.0, 0.0]]])
    negatives = torch.tensor([[-sign * 1.0, 0.0]] * 3)

    loss, _ = info_nce(query, positives, negatives, temperature=1e-4)
    loss.backward()

    assert loss.item() == pytest.approx(expected)
    assert query.grad.isfinite().all()


def build(**kwargs):
    return MODELS.build(dict(type='HierarchicalContrastLoss', **kwargs))


def only(level):
    return {name: float(name == level) for name in NEEDS}


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
    return {level: sum(loss[level] for loss in losses) / 3 for level in NEEDS}


@pytest.mark.parametrize('levels, kwargs, temperature', [
    (list(NEEDS), {}, 0.2), (list(NEEDS), dict(temperature=1.0), 1.0),
    *(([level], dict(weights=only(level)), 0.2) for level in NEEDS)])
def test_levels_equal_the_equations_and_need_their_features_only(inputs, levels, kwargs, temperature):
    loss = build(**kwargs)
    assert loss.queries == [name for level in levels for name in NEEDS[level]]

    results = loss(*({name: part[name] for name in loss.queries} for part in inputs))

    assert set(results) == {f'{kind}_{level}' for kind in ('loss', 'acc') for level in levels}
    expected = expected_losses(*inputs, temperature)
    for level in levels:
        assert results[f'loss_{level}'].item() == pytest.approx(expected[level]), level


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


@pytest.mark.parametrize('kwargs, message', [
    (dict(weights=dict(joint=1.0)), r"unknown levels \['joint'\]; the levels of the contrast are "
     r"\['instance', 'domain', 'clip', 'part'\]"),
    (dict(weights=dict(clip=-1.0)), r"'clip': -1.0.*none may be negative"),
    (dict(weights=only(None)), 'one must be positive'),
    (dict(temperature=0), 'temperature=0 must be positive'),
])
def test_bad_config_is_refused(kwargs, message):
    with pytest.raises(ValueError, match=message):
        build(**kwargs)
