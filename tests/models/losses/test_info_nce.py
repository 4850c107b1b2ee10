import math

import pytest
import slow_hico
import torch
import torch.nn.functional as F

from hico_mm.models import info_nce


def unit(*shape):
    return F.normalize(torch.randn(*shape, dtype=torch.double), dim=-1)


@pytest.mark.parametrize('num_positives', [1, 2, 5])
@pytest.mark.parametrize('num_negatives', [1, 7])
@pytest.mark.parametrize('temperature', [0.07, 0.2, 1.0])
def test_equals_the_equation(num_positives, num_negatives, temperature):
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


def test_gradient_is_that_of_the_loss():
    query, positives = unit(3, 4).requires_grad_(), unit(3, 2, 4)
    negatives = unit(5, 4)

    assert torch.autograd.gradcheck(lambda q: info_nce(q, positives, negatives, 0.5)[0], query)


def test_known_values():
    query = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    positives = torch.tensor([[[1.0, 0.0]], [[1.0, 0.0]]])  # similarities 1 and 0
    negatives = torch.tensor([[0.0, 1.0], [0.0, 1.0], [0.0, 1.0]])  # 0 and 1

    loss, accuracy = info_nce(query, positives, negatives, 0.5)

    e = math.exp(2)
    assert loss.item() == pytest.approx((math.log(1 + 3 / e) + math.log(1 + 3 * e)) / 2)
    assert accuracy.item() == 0.5


def test_one_positive_above_all_negatives_is_a_hit_and_a_tie_is_not():
    query = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    positives = torch.tensor([[[-1.0, 0.0], [1.0, 0.0]],  # the second one wins
                              [[-1.0, 0.0], [0.0, 1.0]]])  # as similar as the negative
    negatives = torch.tensor([[0.0, 1.0]])

    assert info_nce(query, positives, negatives, 0.2)[1].item() == 0.5


@pytest.mark.parametrize('sign, expected', [(1, 0.0), (-1, 2e4 + math.log(3))])
def test_extreme_logits_stay_finite(sign, expected):
    query = torch.tensor([[1.0, 0.0]], requires_grad=True)
    positives = torch.tensor([[[sign * 1.0, 0.0]]])
    negatives = torch.tensor([[-sign * 1.0, 0.0]] * 3)

    loss, _ = info_nce(query, positives, negatives, temperature=1e-4)
    loss.backward()

    assert loss.item() == pytest.approx(expected)
    assert query.grad.isfinite().all()
