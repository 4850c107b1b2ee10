"""State dicts of MoCoRecognizer, and runs that repeat or continue others."""
from copy import deepcopy

import pytest
import torch
from small_models import (
    GRANULARITIES,
    build_encoder,
    build_recognizer,
    sgd,
    state_of,
    total,
    train_step,
    views,
)


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
    for name in state:
        if name.startswith(('backbone.', 'neck.')):
            assert torch.equal(state[name], state[f'momentum_encoder.{name}']), name
            assert state[name].data_ptr() != state[f'momentum_encoder.{name}'].data_ptr()
    pairs = sum(name.startswith('momentum_encoder.') for name in state)
    assert pairs == sum(name.startswith(('backbone.', 'neck.')) for name in state) > 0


def test_query_encoder_is_the_backbone_of_the_checkpoint():
    model, encoder = build_recognizer(), build_encoder()

    encoder.load_state_dict({name.removeprefix('backbone.'): value
                             for name, value in model.state_dict().items()
                             if name.startswith('backbone.')})

    x = views()[:, 0]
    assert torch.equal(encoder(x)['instance'], model.backbone(x)['instance'])


def test_same_seed_and_inputs_give_the_same_model():
    batches, states = [views() for _ in range(3)], []
    for _ in range(2):
        torch.manual_seed(5)
        model = build_recognizer('S2STransformer').train()
        optimizer = sgd(model)
        losses = [total(train_step(model, optimizer, inputs)).item() for inputs in batches]
        states.append((losses, state_of(model)))

    assert states[0][0] == states[1][0]
    for name, value in states[0][1].items():
        assert torch.equal(value, states[1][1][name]), name


@pytest.mark.parametrize('variant', ['paper', 'released'])
def test_continues_from_its_state_dict(variant):
    model = build_recognizer('S2STransformer', variant=variant)
    optimizer = sgd(model)
    for _ in range(3):
        train_step(model, optimizer, views(4))
    resumed = build_recognizer('S2STransformer', variant=variant)
    resumed.load_state_dict(state_of(model))
    resumed_optimizer = sgd(resumed)
    resumed_optimizer.load_state_dict(deepcopy(optimizer.state_dict()))
    batches = [views(4) for _ in range(3)]

    for each, its_optimizer in ((model, optimizer), (resumed, resumed_optimizer)):
        torch.manual_seed(7)  # of the dropout
        for inputs in batches:
            train_step(each, its_optimizer, inputs)

    queue = model.queues['clip']
    assert queue.pointer.tolist() == [6 * 4 * GRANULARITIES % queue.turn]
    for name, value in model.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name


def test_key_encoder_follows_a_checkpoint_that_has_only_a_query_encoder():
    source = build_recognizer()
    model = build_recognizer()
    encoder = {name: tensor for name, tensor in source.state_dict().items()
               if name.startswith('backbone.')}
    model.load_state_dict(encoder, strict=False)
    for name, tensor in encoder.items():
        assert torch.equal(model.state_dict()[f'momentum_encoder.{name}'], tensor)


def test_key_encoder_of_a_checkpoint_is_kept():
    source = build_recognizer()
    train_step(source, sgd(source), views())
    model = build_recognizer()
    model.load_state_dict(source.state_dict())
    name = 'backbone.temporal.embedding.0.weight'
    expected = source.state_dict()[f'momentum_encoder.{name}']
    assert torch.equal(model.state_dict()[f'momentum_encoder.{name}'], expected)
    assert not torch.equal(expected, source.state_dict()[name])


@pytest.mark.parametrize('batch_size', [3, 10, 13, 25])
def test_any_batch_size_fits_the_queues(batch_size):
    """Dividing K = 10 or not, equal or larger: the newest keys stay, the oldest go first."""
    model = build_recognizer(momentum=1.0).eval()  # keys can be computed anew
    batches = [views(batch_size) for _ in range(3)]
    for batch in batches:
        model.loss(batch, None)
    with torch.no_grad():
        keys = torch.cat([
            model._project(**model.momentum_encoder, view=batch[:, 1])['instance']
            for batch in batches])
    queue = model.queues['instance']
    kept = keys[-10:]
    end = int(queue.pointer)
    in_order = torch.cat([queue.features[end:], queue.features[:end]])
    torch.testing.assert_close(in_order[-len(kept):], kept)
