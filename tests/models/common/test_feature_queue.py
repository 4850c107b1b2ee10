from collections import deque

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mmaction.registry import MODELS

from hico_mm.models.common import feature_queue


def build(channels=3, **kwargs):
    return MODELS.build(dict(type='FeatureQueue', channels=channels, **kwargs))


def batch(size, granularities=1, channels=3):
    shape = (size, channels) if granularities == 1 else (size, granularities, channels)
    return F.normalize(torch.randn(shape), dim=-1)


def sample_major(features):
    """Rows of a batch: sample by sample, its granularities in order."""
    return list(features) if features.dim() == 2 else [row for sample in features for row in sample]


@pytest.mark.parametrize('granularities', [1, 4])
@pytest.mark.parametrize('length, sizes', [
    (8, [4, 4, 4, 4]),  # divides the queue
    (8, [3] * 9),  # does not
    (4, [3, 11, 2, 4, 8, 1]),  # 11 and 8 are larger than the queue
    (13, np.random.default_rng(0).integers(1, 17, 50).tolist()),
])
def test_paper_is_first_in_first_out(length, sizes, granularities):
    queue = build(length=length, granularities=granularities)
    expected = deque(queue.features.clone(), maxlen=length * granularities)

    for size in sizes:
        features = batch(size, granularities)
        queue.enqueue(features)
        expected.extend(sample_major(features))

        oldest_first = queue.features.roll(-int(queue.pointer), 0)
        assert torch.equal(oldest_first, torch.stack(list(expected)))


@pytest.mark.parametrize('length, granularities, sizes', [
    (8, 1, [4, 4, 4]),
    (8, 4, [2, 2, 2, 2, 2]),  # N * L = K: always the same slice
    (8, 4, [3, 3, 3, 3, 3]),  # past K, and the next one starts at 12 % 8
    (6, 3, [4, 1, 2, 3, 4, 4]),
    (4, 2, [1, 4]),  # past the end of the queue, where the authors' code would stop
])
def test_released_writes_slices_that_start_within_the_first_k(length, granularities, sizes):
    queue = build(length=length, granularities=granularities, variant='released')
    expected, pointer = list(queue.features.clone()), 0

    for size in sizes:
        features = batch(size, granularities)
        queue.enqueue(features)
        for slot, row in enumerate(sample_major(features), pointer):
            expected[slot % len(expected)] = row
        pointer = (pointer + size * granularities) % length

        assert torch.equal(queue.features, torch.stack(expected))
        assert queue.pointer.tolist() == [pointer]


def test_starts_with_random_unit_vectors():
    queue = build(channels=16, length=50, granularities=2)

    assert queue.features.shape == (100, 16)
    torch.testing.assert_close(queue.features.norm(dim=1), torch.ones(100))
    similarity = queue.features @ queue.features.T - torch.eye(100)
    assert similarity.max() < 0.99  # no vector twice
    assert queue.features.mean().abs() < 0.02  # in every direction
    assert queue.pointer.tolist() == [0]
    assert build().features.shape == (2048, 3)  # the length of the paper


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_keys_are_copied_without_their_graph_and_precision(dtype):
    queue, keys = build(length=4), batch(2).to(dtype).requires_grad_() * 2
    expected = keys.detach().float().clone()

    queue.enqueue(keys)
    keys.detach().zero_()

    assert queue.features.dtype == torch.float32 and not queue.features.requires_grad
    assert torch.equal(queue.features[:2], expected)
    assert list(queue.parameters()) == []


@pytest.mark.parametrize('variant', ['paper', 'released'])
def test_takes_the_batches_of_all_processes_as_the_sampler_deals_them(monkeypatch, variant):
    whole, shared = (build(length=5, granularities=2, variant=variant) for _ in range(2))
    samples = batch(6, 2)
    whole.enqueue(batch(1, 2))
    assert set(whole.state_dict()) == {'features', 'pointer'}
    shared.load_state_dict(whole.state_dict())
    whole.enqueue(samples)
    monkeypatch.setattr(
        feature_queue, 'all_gather', lambda features: [features, samples[1::3], samples[2::3]])

    shared.enqueue(samples[0::3])

    assert torch.equal(shared.features, whole.features)
    assert torch.equal(shared.pointer, whole.pointer)


@pytest.mark.parametrize('kwargs, message', [
    (dict(length=0), 'length=0 must be a positive integer'),
    (dict(granularities=-1), 'granularities=-1'),
    (dict(channels=0), 'channels=0'),
    (dict(variant='fifo'), "variant='fifo' is unknown"),
])
def test_bad_config_is_refused(kwargs, message):
    with pytest.raises(ValueError, match=message):
        build(**kwargs)
