"""State dicts of MoCoRecognizer: where the key encoder starts, and how training goes on."""
from copy import deepcopy

import pytest
import small_models as small
import torch
from mmaction.registry import MODELS
from small_models import build_recognizer, train_step, views


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
    for name, value in model.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name
